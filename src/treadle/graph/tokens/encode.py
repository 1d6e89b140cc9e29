"""The encoder: turns a value into bytes that say its types and content, and nothing else.

Laws:

1. An encoding starts with a tag and delimits itself, so two different values never share one, and
   encodings can be joined.
2. An encoding longer than `LIMIT` is replaced by its digest, so joining stays cheap however deep
   values nest, and unordered containers are encoded by sorting what their elements encode to.
3. Identity is no content: `[a, a]` and `[a, copy(a)]` are the same. A value that has already been
   encoded is looked up, so shared parts cost once.
4. A value that contains itself is encoded as the distance to the enclosing value it repeats.
5. What has no content raises `Culprit`, and every level adds its step of the path on the way out.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b
from reprlib import repr as short_repr
from typing import Any

LIMIT = 64
"""Longest encoding, in bytes, that is kept as it is."""

_SHARED = 8
"""Compound values inside a value from which on it is worth remembering what it encodes to."""

_REVISITS = 50_000
"""How often values inside reference cycles may be encoded again before giving up."""

Atom = Callable[[Any], bytes]
Body = Callable[["Encoder", Any], bytes]


class Culprit(Exception):
    """A value without content to hash, and the steps that lead to it, innermost first."""

    def __init__(self, value: object, reason: str) -> None:
        super().__init__(reason)
        self.value = value
        self.reason = reason
        self.path: list[str] = []


def digest(data: Any) -> bytes:
    """Hash a bytes-like object to 16 bytes."""
    return blake2b(data, digest_size=16).digest()


def shorten(data: bytes) -> bytes:
    """Replace an encoding that is longer than `LIMIT` by its digest."""
    return data if len(data) <= LIMIT else b"#" + digest(data)


def encode_text(text: str) -> bytes:
    """Encode a string."""
    data = text.encode("utf-8", "surrogatepass")
    return shorten(b"s%x:%b" % (len(data), data))


class Encoder:
    """Encodes the values of one token.

    Parameters
    ----------
    atoms
        Functions for the exact types that contain nothing.
    bodies
        Functions for the exact types that contain other values.
    other
        The function for all remaining types.
    """

    __slots__ = ("_active", "_keep", "_low", "_memo", "_open", "_revisits", "_tables", "_work")

    def __init__(
        self, atoms: Mapping[type, Atom], bodies: Mapping[type, Body], other: Body
    ) -> None:
        self._tables = (atoms, bodies, other)
        self._active: dict[int, int] = {}  # id -> depth, of the values being encoded right now
        self._memo: dict[int, bytes] = {}  # id -> encoding
        self._keep: list[Any] = []  # keeps ids in the memo from being used again
        self._open: dict[int, Any] = {}  # id -> value, of those that refer to an enclosing value
        self._low = sys.maxsize  # depth of the outermost value referred to so far
        self._revisits = 0
        self._work = 0

    def encode(self, value: Any) -> bytes:
        """Return the bytes for `value`, at most `LIMIT` of them."""
        atom = self._tables[0].get(type(value))
        return atom(value) if atom is not None else self.compound(value)

    def part(self, value: Any, kind: str, name: str = "") -> bytes:
        """Encode a named part; `kind` and `name` become a step of the path if that fails."""
        try:
            return self.encode(value)
        except Culprit as culprit:
            culprit.path.append(f"{kind} {short_repr(name)}" if name else kind)
            raise

    def items(self, values: Iterable[Any], step: str = "") -> list[bytes]:
        """Encode every value of a sequence; `step` stands for one of them in the path."""
        atoms = self._tables[0]
        parts: list[bytes] = []
        try:
            for value in values:
                atom = atoms.get(type(value))
                parts.append(atom(value) if atom is not None else self.compound(value))
        except Culprit as culprit:
            culprit.path.append(step or f"[{len(parts)}]")
            raise
        return parts

    def pairs(self, values: Iterable[tuple[Any, Any]], kind: str = "") -> bytes:
        """Encode keys with their values, whatever order they come in."""
        parts: list[bytes] = []
        key: Any = None
        for key, value in values:
            try:
                left = self.encode(key)
            except Culprit as culprit:
                culprit.path.append("a key")
                raise
            try:
                parts.append(left + self.encode(value))
            except Culprit as culprit:
                shown = short_repr(key)
                culprit.path.append(f"{kind} {shown}" if kind else f"[{shown}]")
                raise
        parts.sort()
        return b"%x:%b" % (len(parts), b"".join(parts))

    def weigh(self, nbytes: object) -> None:
        """Tell how many bytes the value at hand has: when many, it is remembered."""
        if isinstance(nbytes, int) and nbytes >= 1024:
            self._work += _SHARED

    def compound(self, value: Any) -> bytes:
        """Encode a value that may contain others, itself included."""
        key = id(value)
        known = self._memo.get(key)
        if known is not None:
            return known
        depth = len(self._active)
        repeated = self._active.get(key)
        if repeated is not None:
            self._low = min(self._low, repeated)
            return b"^%x;" % (depth - repeated)

        _, bodies, other = self._tables
        outer, self._low = self._low, sys.maxsize
        work = self._work
        self._work += 1
        self._active[key] = depth
        data = bodies.get(type(value), other)(self, value)
        del self._active[key]
        if len(data) > LIMIT:
            data = b"#" + digest(data)

        if self._low >= depth:  # refers to nothing outside itself, means the same anywhere
            if self._work - work > _SHARED:
                self._memo[key] = data
                self._keep.append(value)
            self._low = outer
        else:
            self._low = min(outer, self._low)
            self._note_open(key, value)
        return data

    def _note_open(self, key: int, value: Any) -> None:
        if key not in self._open:
            self._open[key] = value
            return
        self._revisits += 1
        if self._revisits > _REVISITS:
            raise Culprit(value, "its parts refer to each other in too many circles to follow")
