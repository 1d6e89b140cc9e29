"""How functions, values and exceptions travel between processes."""

from treadle.serialize.culprit import find_culprit
from treadle.serialize.exceptions import pack_exception, unpack_exception
from treadle.serialize.frames import strip_frames
from treadle.serialize.functions import dumps_function, loads_function
from treadle.serialize.standin import StandIn
from treadle.serialize.values import argument_of, dumps, dumps_call, loads

__all__ = [
    "StandIn",
    "argument_of",
    "dumps",
    "dumps_call",
    "dumps_function",
    "find_culprit",
    "loads",
    "loads_function",
    "pack_exception",
    "strip_frames",
    "unpack_exception",
]
