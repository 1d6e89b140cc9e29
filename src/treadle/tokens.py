"""``tokenize`` as people use it: the content hash, told by the configuration what to do when stuck."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from treadle import config
tokens = None


def tokenize(*args: Any, ensure_deterministic: bool | None = None, **kwargs: Any) -> str:
    """stub"""
    return uuid4().hex
