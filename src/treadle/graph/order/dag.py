"""The graph as the ordering walks see it: dense ids, distinct reads, users, sizes.

Laws of this file:

1. Every list is indexed by task id; nothing is a dict or a set, so walks are fast and repeatable.
2. A `Dag` never changes after it is built. Walks copy the counters they consume.
3. `users` are ascending and `reads` keep the caller's order with repeats dropped.
"""

from __future__ import annotations

from collections.abc import Sequence

from treadle.errors import CycleError, GraphError

NEVER = 2
"""Added to the count of users of a kept result, so that it never looks about to be released."""


class Dag:
    """Tasks 0..n-1, what each reads, who uses it, how big its result is and whether it is kept."""

    __slots__ = ("kept", "n", "numbered", "open", "reads", "sinks", "size", "users")

    def __init__(
        self,
        deps: Sequence[Sequence[int]],
        outputs: Sequence[int],
        sizes: Sequence[int] | None = None,
    ) -> None:
        self.n = n = len(deps)
        if sizes is not None and len(sizes) != n:
            raise GraphError(f"{len(sizes)} sizes for {n} tasks: give one size per task.")
        self.size = [1] * n if sizes is None else list(sizes)
        self.reads: list[Sequence[int]] = []
        self.users: list[list[int]] = [[] for _ in range(n)]
        self.numbered = True  # every task has a higher id than what it reads
        users, add = self.users, self.reads.append
        for t, r in enumerate(deps):
            if len(r) > 1:
                r = tuple(dict.fromkeys(r))
            add(r)
            for d in r:
                if d >= t:
                    self.numbered = False
                if not 0 <= d < n:
                    raise GraphError(
                        f"Task {t} reads task {d}, but tasks are numbered 0 to {n - 1}: "
                        "give every task that is read its own entry in deps."
                    )
                users[d].append(t)
        self.kept = bytearray(n)
        self.open = [len(u) for u in users]  # users still to come, before anything ran
        for t in outputs:
            if not 0 <= t < n:
                raise GraphError(f"Output {t} is not a task: tasks are numbered 0 to {n - 1}.")
            if not self.kept[t]:
                self.kept[t] = 1
                self.open[t] += NEVER
        self.sinks = [t for t in range(n) if not users[t]]

    def parts(self) -> tuple[list[int], int]:
        """Number the parts that nothing connects: the part of each task, and how many there are.

        Union by lowest id with path halving; needs a `numbered` graph.
        """
        head = list(range(self.n))
        for t, r in enumerate(self.reads):
            top = t
            for d in r:
                while head[d] != d:
                    head[d] = d = head[head[d]]
                if d < top:
                    head[top] = d
                    top = d
                else:
                    head[d] = top
        part = [0] * self.n
        count = 0
        for t, h in enumerate(head):  # h <= t: the head's part is known already
            if h == t:
                part[t] = count
                count += 1
            else:
                part[t] = part[h]
        return part, count


def numbering(dag: Dag) -> list[int]:
    """A depth-first topological order, from the sinks, of a graph numbered in any way.

    Raises
    ------
    CycleError
        The tasks wait for each other in a circle; the message names them in order.
    """
    n, reads = dag.n, dag.reads
    state = bytearray(n)  # 0 untouched, 1 on the path, 2 placed
    at = [0] * n
    order: list[int] = []
    for root in (*dag.sinks, *range(n)):  # what no sink needs is in a cycle
        if state[root]:
            continue
        path = [root]
        state[root] = 1
        while path:
            t = path[-1]
            i = at[t]
            if i == len(reads[t]):
                state[t] = 2
                order.append(t)
                path.pop()
                continue
            at[t] = i + 1
            d = reads[t][i]
            if state[d] == 1:
                raise CycleError(_cycle_text(path[path.index(d) :]))
            if not state[d]:
                state[d] = 1
                path.append(d)
    return order


def _cycle_text(cycle: list[int]) -> str:
    # A path reads from user to input; ten names show where to look, a million would hide it.
    shown = [str(t) for t in (*cycle, cycle[0])]
    if len(shown) > 11:
        shown = [*shown[:9], "...", shown[-1]]
    return (
        f"The graph has a cycle of {len(cycle)} task(s), each reads the next: "
        + " -> ".join(shown)
        + ". Remove one of these dependencies."
    )
