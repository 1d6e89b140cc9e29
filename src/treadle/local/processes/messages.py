"""The two larger messages from the parent to a worker; the others are plain tuples."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from treadle.local.processes.catalog import Definition
from treadle.local.processes.nested import unpickling
from treadle.local.processes.payload import Payload
from treadle.serialize import loads_function

if TYPE_CHECKING:
    from treadle.config.schema import Settings


@dataclass(slots=True)
class Batch:
    """Tasks to run, in columns: one entry per task in each of the first five."""

    run: int
    tasks: list[int]
    codes: list[int]
    deps: list[tuple[int, ...]]
    arguments: list[Any]
    drops: list[tuple[int, ...]]
    given: list[tuple[int, Payload]]
    watch: list[int]
    export: list[int]
    definitions: list[tuple[int, Definition]]
    constants: list[tuple[int, Payload]]
    observed: bool


@dataclass(slots=True)
class Session:
    """What the parent's side looks like to user code: applied before the first batch of a run."""

    run: int
    path: Sequence[str]
    directory: str | None
    config: Settings
    initializer: bytes | None

    def apply(self) -> None:
        """Make this process look like the parent."""
        sys.path[:] = self.path
        if self.directory is not None and os.getcwd() != self.directory:
            os.chdir(self.directory)
        if self.config or "treadle.config" in sys.modules:
            from treadle import config

            config.apply(self.config)
        if self.initializer is not None:
            with unpickling():
                initializer = loads_function(self.initializer)
            initializer()
