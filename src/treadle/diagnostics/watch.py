"""How callbacks, progress bars and profilers attach to runs: for a block, or for the process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from treadle.errors import TreadleError
from treadle.local import observe

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from treadle.diagnostics.plots import ProfilePage
    from treadle.local.observe import Observer


class WatchError(TreadleError, ValueError):
    """A progress bar, profiler or plot that cannot be made as asked for."""


class Watch:
    """Base of what watches runs; subclasses make one observer for each run.

    ``with watch:`` watches the runs started inside the block by the same thread or task. Between
    ``register`` and ``unregister``, all runs of the process are watched.
    """

    def for_run(self) -> Observer:
        """Return the observer of one run."""
        raise NotImplementedError

    def register(self) -> None:
        """Watch every run of the process from now on. Registering twice is registering once."""
        if not self._is_registered():
            observe.registered.append(self)

    def unregister(self) -> None:
        """Stop watching every run."""
        observe.registered[:] = [other for other in observe.registered if other is not self]

    def _is_registered(self) -> bool:
        return any(other is self for other in observe.registered)

    def __enter__(self) -> Self:
        observe.enter(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        observe.leave(self)


class ResultsWatch(Watch):
    """Base of profilers: they collect ``results``, which can be drawn and forgotten."""

    results: list[Any]

    def clear(self) -> None:
        """Forget all results."""
        self.results.clear()

    def visualize(
        self, filename: str | Path = "profile.html", show: bool = False, save: bool = True
    ) -> ProfilePage:
        """Draw the results; see ``treadle.diagnostics.visualize``."""
        from treadle.diagnostics.plots import visualize

        return visualize(self, filename=filename, show=show, save=save)
