"""Values on their way between processes.

A payload is plain data: a tiny value as it is, a small one pickled, a large one as the descriptor
of a segment of shared memory. The parent passes payloads on without looking into them, so bytes
that two workers exchange never pass through it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from treadle.serialize import dumps, loads
from treadle.store.segments import Segment

if TYPE_CHECKING:
    from treadle.store.segments import Segments

#: Pickles up to this size travel inside messages; above it, through shared memory.
INLINE = 64 * 1024
#: Longest string or bytes that is passed as it is.
SHORT = 256

#: Types whose values mean the same in every process and cost nothing to pickle.
ATOMS = frozenset({int, float, bool, complex, type(None)})
#: The same for values that may be long.
TEXTS = frozenset({str, bytes})


class Plain(NamedTuple):
    """A tiny value, as it is."""

    value: Any


class Inline(NamedTuple):
    """A small value, pickled. Buffers are ``bytearray``: arrays made of them can be written to."""

    data: bytes
    buffers: list[bytearray]


Payload: TypeAlias = Plain | Inline | Segment


def is_tiny(value: Any) -> bool:
    """Whether a value may travel without being pickled on its own."""
    kind = type(value)
    if kind in ATOMS:
        return kind is not int or -(2**63) <= value < 2**63
    return kind in TEXTS and len(value) <= SHORT


def pack(value: Any, segments: Segments, what: str) -> Payload:
    """Make a payload of ``value``; ``what`` names it in errors.

    Raises
    ------
    SerializationError
        The value cannot be pickled; the message gives the path to the culprit.
    """
    if is_tiny(value):
        return Plain(value)
    return wrap(*dumps(value, what=what), segments)


def wrap(data: bytes, buffers: list[memoryview], segments: Segments) -> Payload:
    """Make a payload of something pickled."""
    if len(data) + sum([view.nbytes for view in buffers]) <= INLINE:
        return Inline(data, [bytearray(view) for view in buffers])
    return segments.put(data, buffers)


def unpack(payload: Payload, segments: Segments, what: str = "value") -> Any:
    """Return the value of a payload."""
    if isinstance(payload, Plain):
        return payload.value
    if isinstance(payload, Inline):
        return loads(payload.data, payload.buffers, what=what)
    data, buffers = segments.get(payload)
    return loads(data, buffers, what=what)


def nbytes_of(payload: Payload) -> int:
    """Return the bytes that a payload takes."""
    if isinstance(payload, Inline):
        return len(payload.data) + sum([len(buffer) for buffer in payload.buffers])
    return payload.nbytes if isinstance(payload, Segment) else 0


def estimate(value: Any) -> int:
    """Guess the bytes of a value, quickly: only the order of magnitude matters."""
    nbytes = getattr(value, "nbytes", None)
    if type(nbytes) is int:
        return nbytes
    if isinstance(value, (str, bytes, bytearray)):
        return len(value)
    if isinstance(value, (list, tuple, dict, set)):
        return 64 * len(value) + sum([estimate(item) for item in _first(value)])
    return 64


def _first(value: Any) -> list[Any]:
    """Return a few arrays inside a container, the part of it that could be large."""
    found = []
    items = value.values() if isinstance(value, dict) else value
    for position, item in enumerate(items):
        if position == 16:
            break
        if hasattr(item, "nbytes"):
            found.append(item)
    return found
