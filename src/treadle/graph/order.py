"""Static order (provisional, replaced when the portfolio lands)."""

from __future__ import annotations

from collections.abc import Sequence


def static_order(
    deps: Sequence[Sequence[int]], outputs: Sequence[int], sizes: Sequence[int] | None = None
) -> list[int]:
    """Return the given order."""
    return list(range(len(deps)))
