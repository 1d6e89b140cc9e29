"""What the passes may be told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Settings of the passes.

    Attributes
    ----------
    fuse_max_bytes
        Bytes that one task of a fused operation may hold, by the estimates of its members.
    fuse_annotated
        Whether operations with equal annotations may be fused; those that differ never are.
    """

    fuse_max_bytes: int = 100 * 2**20
    fuse_annotated: bool = True
