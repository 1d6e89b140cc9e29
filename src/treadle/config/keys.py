"""The table of configuration keys. Adding a key is adding one entry here.

Each entry gives the key's name, the kind of its value, the default and one line for people. Dots
nest; words are joined by hyphens. A default of None means that treadle decides. A key that was
renamed lists its old names in ``formerly``.
"""

from __future__ import annotations

from treadle.config.kinds import (
    boolean,
    choice,
    duration,
    executor,
    function,
    list_of,
    nbytes,
    one_of,
    optional,
    path,
    text,
    whole,
)
from treadle.config.schema import Key

KEYS: tuple[Key, ...] = (
    # Running
    Key(
        "scheduler",
        optional(one_of(text, executor, function)),
        None,
        "Scheduler of compute(): a name such as 'threads', an executor or a callable.",
    ),
    Key("num-workers", optional(whole(1)), None, "Number of threads or processes; None: cores."),
    Key("pool", optional(executor), None, "Executor or pool to run in, instead of one made here."),
    Key("chunksize", optional(whole(1)), None, "Tasks per message to a worker process."),
    Key("temporary-directory", optional(path), None, "Folder for temporary files."),
    Key(
        "processes.blas-threads",
        optional(one_of(choice("auto"), whole(1))),
        "auto",
        "Threads of BLAS and OpenMP per process; 'auto': cores per process; None: no limit.",
    ),
    Key("processes.keep-warm", duration, "60 s", "How long idle worker processes are kept."),
    Key("multiprocessing.context", choice("spawn"), "spawn", "How worker processes are started."),
    Key("multiprocessing.initializer", optional(function), None, "Called in each new process."),
    # Graphs
    Key("delayed-pure", boolean, False, "Whether delayed() takes functions as pure."),
    Key("tokenize.ensure-deterministic", boolean, True, "Refuse to hash what has no stable hash."),
    Key("optimization.passes", optional(list_of(text)), None, "Graph passes to run; None: all."),
    Key("optimization.fuse.active", boolean, True, "Fuse chains of tasks into one."),
    Key("optimization.fuse.max-bytes", nbytes, "100 MiB", "Projected memory a fused task may use."),
    Key("optimization.annotations.fuse", boolean, True, "Fuse tasks with equal annotations."),
    # Looking at it
    Key("visualization.engine", optional(text), None, "Engine that draws graphs."),
    Key("visualization.max-tasks", whole(1), 1000, "Graphs above this are drawn by operation."),
    Key(
        "admin.traceback.shorten",
        boolean,
        True,
        "Leave treadle's own frames out of the tracebacks of tasks.",
    ),
)
