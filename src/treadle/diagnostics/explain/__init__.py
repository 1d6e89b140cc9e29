"""``explain``: what a computation will cost, or did; and ``record``, which watches runs for it."""

from __future__ import annotations

from treadle.diagnostics.explain.explanation import Explanation, explain
from treadle.diagnostics.explain.recording import Recording, record

__all__ = ["Explanation", "Recording", "explain", "record"]
