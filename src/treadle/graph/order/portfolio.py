"""Try several walks on a graph, measure each, keep the best: the static order.

No single rule is good on all graphs: depth first is exact on trees and holds every input of a
second reduction over the same data; advancing what is nearest to running is right there and wrong
in stencils. So the choice is measured. In this order, for these reasons:

1. Depth first, neediest input first: exact on trees, right for most maps and reductions.
2. The same, each task run as early as it costs nothing: consumers of shared inputs.
3. Nearest first: several reductions over shared inputs.
4. The same, each task run as late as it costs nothing: loads wait for their first user.
5. Depth first from the other end: scans and windows whose last output reads most.
6. The caller's own order, early, then late: programs written in a good order.
7. Depth first, largest share first, late, then early: irregular graphs.
8. By level, late, then early: exchanges in stages, where whole levels meet.

Walks 6 to 8 are left out for large graphs, and for middling ones where the walks before agree on
the peak.

Laws of this file:

1. Parts of the graph that nothing connects are judged one by one and run one after another, those
   first whose peak stands highest above what they keep.
2. A part is settled when an order reaches its lower bound, or is provably best; later walks leave
   it out. When all parts are settled, no further walk is tried.
3. Lower peak wins, then lower sum of what is live over time, then the earlier walk.
4. The peak is never above that of the given numbering, where that is topological.
5. The same input gives the same order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from treadle.graph.order.dag import Dag, numbering
from treadle.graph.order.measure import lower_bound, measure
from treadle.graph.order.shifts import earlier, later
from treadle.graph.order.walks import by_level, by_need, by_share, depth_first, nearest_first

FEW = 1_000
MANY = 20_000
"""Up to `FEW` tasks every walk is tried, above `MANY` the first five, which cost half the time and
give the same peak on nine shapes of ten; between them it depends on whether the first five agree.
"""


@dataclass(frozen=True, slots=True)
class Order:
    """A static order, what it was measured to hold, and why it was chosen.

    Attributes
    ----------
    tasks : list of int
        Every task id once, each after what it reads.
    peak, final : int
        Most that is live while a task runs, and what is live at the end: in results, or in the
        unit of the sizes.
    bound : int
        No order can have a lower peak than this; equal to `peak` where the order is known to be
        the best one.
    name : str
        The walk that made the order; for a graph of several parts, each walk that was used.
    tried : tuple of (str, int)
        Every walk that was measured with its peak over the parts that were still open.
    """

    tasks: list[int]
    peak: int
    final: int
    bound: int
    name: str
    tried: tuple[tuple[str, int], ...]


def explain_order(
    deps: Sequence[Sequence[int]],
    outputs: Sequence[int],
    sizes: Sequence[int] | None = None,
) -> Order:
    """As `static_order`, with the measured peak, the lower bound and the walks that were compared.

    Examples
    --------
    >>> order = explain_order([(), (), (0, 1)], [2])
    >>> order.name, order.peak, order.bound
    ('depth first by need', 3, 3)
    """
    dag = Dag(deps, outputs, sizes)
    back = None
    if not dag.numbered:
        back = numbering(dag)
        new = [0] * dag.n
        for i, t in enumerate(back):
            new[t] = i
        dag = Dag(
            [tuple([new[d] for d in dag.reads[t]]) for t in back],
            [new[t] for t in outputs],
            None if sizes is None else [sizes[t] for t in back],
        )
    order = _Contest(dag, uniform=sizes is None).run()
    if back is not None:
        order = replace(order, tasks=[back[t] for t in order.tasks])
    return order


@dataclass(slots=True)
class _Part:
    """Tasks that are connected with each other and with nothing else, and the best order so far."""

    bound: int
    tree: bool = True  # depth first by need is the best order
    tasks: Sequence[int] = ()
    score: tuple[int, int] | None = None  # peak, area
    final: int = 0
    name: str = ""


class _Contest:
    """Runs the walks on one graph and keeps, for each part, the best order."""

    def __init__(self, dag: Dag, uniform: bool) -> None:
        self.dag = dag
        self.part, count = dag.parts()
        groups: list[list[int]] = [[] for _ in range(count)]
        for t, p in enumerate(self.part):
            groups[p].append(t)
        self.parts = [_Part(lower_bound(dag, group)) for group in groups]
        # Trees of equal results with nothing kept inside; elsewhere it is only a good guess.
        for t, u in enumerate(dag.users):
            if len(u) > 1 or (u and dag.kept[t]) or not uniform:
                self.parts[self.part[t]].tree = False
        self.unsettled = count
        self.settled = bytearray(dag.n)  # by task
        self.tried: list[tuple[str, int]] = []

    def run(self) -> Order:
        for name, tasks in self.walks():
            self.judge(name, tasks)
            if not self.unsettled:
                break
        return self.join()

    def walks(self) -> Iterator[tuple[str, Sequence[int]]]:
        dag, left = self.dag, self.left
        reads, roots = by_need(dag)
        tasks: Sequence[int] = depth_first(reads, roots)
        yield "depth first by need", tasks
        yield "depth first by need, early", earlier(dag, left(tasks))
        tasks = nearest_first(dag, reads, left(roots))
        yield "nearest first", tasks
        yield "nearest first, late", later(dag, left(tasks))
        tasks = depth_first([r[::-1] for r in dag.reads], left(dag.sinks[::-1]))
        yield "depth first from the end", tasks
        agree = len({peak for _, peak in self.tried}) == 1
        if dag.n > (FEW if agree else MANY):
            return
        yield "given, early, late", later(dag, earlier(dag, left(range(dag.n))))
        reads, roots = by_share(dag)
        tasks = depth_first(reads, left(roots))
        yield "depth first by share, late, early", earlier(dag, later(dag, tasks))
        tasks = left(by_level(dag))
        yield "by level, late, early", earlier(dag, later(dag, tasks))

    def left(self, tasks: Sequence[int]) -> Sequence[int]:
        """Those tasks whose part is not settled."""
        if self.unsettled == len(self.parts):
            return tasks
        settled = self.settled
        return [t for t in tasks if not settled[t]]

    def judge(self, name: str, tasks: Sequence[int]) -> None:
        """Measure a walk over all unsettled parts; keep it where it is the best so far."""
        dag, part = self.dag, self.part
        split: list[list[int]] = [[] for _ in self.parts]
        if len(split) == 1:
            split[0] = list(tasks)
        else:
            for t in tasks:
                split[part[t]].append(t)
        count = dag.open[:]
        worst = 0
        for p, mine in zip(self.parts, split, strict=True):
            if not mine:
                continue
            peak, area, p.final = measure(dag, mine, count)
            worst = max(worst, peak)
            if p.score is None or (peak, area) < p.score:
                p.score, p.tasks, p.name = (peak, area), mine, name
            if p.tree:
                p.bound = peak
            if p.score[0] == p.bound:
                self.unsettled -= 1
                for t in mine:
                    self.settled[t] = 1
        self.tried.append((name, worst))

    def join(self) -> Order:
        """The parts one after another, unless the given numbering of them all measured better."""
        done = [(p.score[0], p) for p in self.parts if p.score is not None]
        done.sort(key=lambda scored: scored[1].final - scored[0])
        order: list[int] = []
        peak = final = bound = 0  # of those that ran so far
        for top, p in done:
            order += p.tasks
            peak = max(peak, final + top)
            final += p.final
            bound = max(bound, p.bound)
        name = "; ".join(dict.fromkeys(p.name for _, p in done))
        bound = max(bound, final)
        if peak > bound:
            if len(done) > 1:
                bound = max(bound, lower_bound(self.dag, range(self.dag.n)))
            given, _, _ = measure(self.dag, range(self.dag.n), self.dag.open[:])
            if given < peak:
                order, peak, name = list(range(self.dag.n)), given, "given"
        return Order(order, peak, final, bound, name, tuple(self.tried))
