"""Every error that treadle raises on purpose, in one tree.

Each also inherits from the built-in type a caller would guess, so ``except ValueError`` and
``except KeyError`` keep working::

    TreadleError
    ├── GraphError
    │   ├── CycleError            (ValueError)   a graph that depends on itself
    │   ├── MissingKeyError       (KeyError)     a key that no graph defines
    │   └── DuplicateKeyError     (ValueError)   one key, two definitions
    ├── TokenizationError         (TypeError)    a value with no deterministic content hash
    ├── ConfigError               (ValueError)   a config key, value or file that cannot be used
    ├── SchedulerError            (ValueError)   a scheduler that does not exist or cannot be used
    ├── SerializationError        (TypeError)    a value that cannot travel to another process
    └── TaskError                                something went wrong while a task ran
        ├── RemoteError           (RuntimeError) stands in for an exception that cannot be rebuilt
        └── WorkerDied            (RuntimeError) the process running the task ended

An error text says what happened, with the values, and then what to do.
"""

from __future__ import annotations


class TreadleError(Exception):
    """Base of all errors raised by treadle itself."""


class GraphError(TreadleError):
    """A graph that cannot be run as described."""


class CycleError(GraphError, ValueError):
    """A graph whose tasks wait for each other in a circle."""


class MissingKeyError(GraphError, KeyError):
    """A key that the graph does not define."""

    def __str__(self) -> str:
        # KeyError would show the repr of the message, quotes and escapes included.
        return str(self.args[0]) if self.args else ""


class DuplicateKeyError(GraphError, ValueError):
    """One key with two different definitions in the same graph."""


class TokenizationError(TreadleError, TypeError):
    """A value has no deterministic content hash."""


class ConfigError(TreadleError, ValueError):
    """A configuration key, value or file that cannot be used."""


class SchedulerError(TreadleError, ValueError):
    """A scheduler, or an argument of one, that does not exist or cannot be used."""


class DrawingError(TreadleError, ValueError):
    """A drawing that contradicts itself, or a file that cannot be written as asked."""


class MissingDependencyError(TreadleError, ImportError):
    """An optional library or program that a call needs is not installed."""


class SerializationError(TreadleError, TypeError):
    """A value cannot be sent to another process; the message gives the path to the culprit."""


class TaskError(TreadleError):
    """Something went wrong while a task ran."""


class RemoteError(TaskError, RuntimeError):
    """Stands in for a task's exception that cannot be rebuilt in this process."""


class WorkerDied(TaskError, RuntimeError):
    """The process that ran a task ended before the task did."""
