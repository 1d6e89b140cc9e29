"""Stand-ins for exceptions that cannot be rebuilt in this process.

Laws:

1. A stand-in reads like the original: its class has the original's name and module, its message is
   the original's, and it is raised with the original's frames.
2. It can be caught as RemoteError, and as the built-in exception that the original's class came
   from, so that ``except ValueError`` around a computation keeps working.
3. A stand-in can travel again, and stays what it is.
"""

from __future__ import annotations

import builtins
import functools
from typing import Any

from treadle.errors import RemoteError

# Their constructors or their meaning to the interpreter rule them out as a second base.
_UNSUITABLE = (BaseExceptionGroup, StopIteration, StopAsyncIteration)


class StandIn(RemoteError):
    """Base of the classes made for exceptions that cannot be rebuilt.

    Attributes
    ----------
    remote_traceback : str
        The original's traceback as text, as its own process would have printed it.
    reason : str
        Why the original could not be rebuilt.
    """

    def __init__(
        self, message: str, remote_traceback: str = "", reason: str = "", origin: Any = None
    ) -> None:
        super().__init__(message)
        self.remote_traceback = remote_traceback
        self.reason = reason
        self._origin = origin

    def __str__(self) -> str:
        return str(self.args[0])

    def __reduce__(self) -> tuple[Any, ...]:
        state = {k: v for k, v in vars(self).items() if k != "_origin"}
        return make_stand_in, (*self._origin, str(self), self.remote_traceback, self.reason), state


def make_stand_in(
    module: str, qualname: str, builtin: str, message: str, remote_traceback: str, reason: str
) -> StandIn:
    """Make the stand-in for an exception of the class ``module.qualname``.

    `builtin` is the name of the nearest built-in class that the original's class inherits from.
    """
    cls = _stand_in_class(module, qualname, builtin)
    return cls(message, remote_traceback, reason, origin=(module, qualname, builtin))


@functools.lru_cache(maxsize=256)
def _stand_in_class(module: str, qualname: str, builtin: str) -> type[StandIn]:
    name = qualname.rpartition(".")[2]
    members = {"__module__": module, "__qualname__": qualname, "__doc__": StandIn.__doc__}
    base = getattr(builtins, builtin, None)
    if (
        isinstance(base, type)
        and issubclass(base, Exception)
        and base is not Exception
        and not issubclass(StandIn, base)
        and not issubclass(base, _UNSUITABLE)
    ):
        return type(name, (StandIn, base), members)
    return type(name, (StandIn,), members)
