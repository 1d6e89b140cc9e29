"""Static order: in which order to run tasks one by one so that few results are live at once."""

from __future__ import annotations

from collections.abc import Sequence

from treadle.graph.order.measure import Peak, peak_live
from treadle.graph.order.portfolio import Order, explain_order

__all__ = ["Order", "Peak", "explain_order", "peak_live", "static_order"]


def static_order(
    deps: Sequence[Sequence[int]],
    outputs: Sequence[int],
    sizes: Sequence[int] | None = None,
) -> list[int]:
    """A topological order of all tasks that keeps the peak of live results low.

    The exact optimum is known only for trees (Sethi and Ullman, 1970) and is NP-hard to find where
    results are shared (Sethi, 1975), so several linear-time walks are measured and the best one is
    taken; `explain_order` tells which and why.

    Parameters
    ----------
    deps : sequence of sequences of int
        For each task the ids it reads. Any acyclic numbering is accepted; repeats count once.
    outputs : sequence of int
        Tasks whose results are kept to the end. Tasks that no output needs are ordered as well.
    sizes : sequence of int, optional
        Size of each result, in bytes or any unit; without it every result counts 1.

    Returns
    -------
    list of int
        Every task id once, each after all it reads. The same input gives the same list.

    Raises
    ------
    CycleError
        Tasks wait for each other in a circle; the message names them.
    GraphError
        An id is out of range, or there is not one size per task.

    Examples
    --------
    Four loads, summed in pairs: the second pair is loaded only when the first is summed.

    >>> static_order([(), (), (), (), (0, 1), (2, 3), (4, 5)], [6])
    [0, 1, 4, 2, 3, 5, 6]
    """
    return explain_order(deps, outputs, sizes).tasks
