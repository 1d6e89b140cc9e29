"""Improve an order: move tasks earlier or later where that cannot cost memory.

Laws of this file:

1. The result is topological whenever the given order is, and holds exactly the same tasks.
2. A task only overtakes others when it does not grow what is live; everything else keeps its place.
3. Linear time, no recursion.
"""

from __future__ import annotations

from collections.abc import Sequence

from treadle.graph.order.dag import Dag
from treadle.graph.order.walks import last_users


def earlier(dag: Dag, order: Sequence[int]) -> list[int]:
    """Run each task as soon as it is ready and releases at least as much as it makes."""
    reads, users, size = dag.reads, dag.users, dag.size
    left = [len(r) for r in reads]
    open_ = dag.open[:]
    last, freed = last_users(dag)
    done = bytearray(dag.n)
    result: list[int] = []
    stack: list[int] = []
    for base in order:
        if done[base]:
            continue
        stack.append(base)
        while stack:
            t = stack.pop()
            if done[t]:
                continue
            done[t] = 1
            result.append(t)
            for d in reads[t]:
                open_[d] -= 1
                last[d] -= t
                if open_[d] == 1:
                    u = last[d]
                    freed[u] += size[d]
                    if not left[u] and freed[u] >= size[u]:
                        stack.append(u)
            for u in users[t]:
                left[u] -= 1
                if not left[u] and freed[u] >= size[u]:
                    stack.append(u)
    return result


def later(dag: Dag, order: Sequence[int]) -> list[int]:
    """Run each task as late as possible if its result is at least as large as the inputs it keeps.

    The order is built from its end. There a result is live from its last user down to the task
    that makes it: taking a task off releases its result and brings in those inputs that no later
    task reads.
    """
    reads, users, size, kept = dag.reads, dag.users, dag.size, dag.kept
    left = [len(u) for u in users]
    fresh = [sum([size[d] for d in r if not kept[d]]) for r in reads]  # inputs it alone brings in
    live = bytearray(kept)
    done = bytearray(dag.n)
    result: list[int] = []
    stack: list[int] = []
    for base in reversed(order):
        if done[base]:
            continue
        stack.append(base)
        while stack:
            t = stack.pop()
            if done[t]:
                continue
            done[t] = 1
            result.append(t)
            for d in reads[t]:
                if not live[d]:
                    live[d] = 1
                    s = size[d]
                    for u in users[d]:
                        fresh[u] -= s
                        if not left[u] and fresh[u] <= size[u] and not done[u]:
                            stack.append(u)
            for d in reads[t]:
                left[d] -= 1
                if not left[d] and fresh[d] <= size[d]:
                    stack.append(d)
    result.reverse()
    return result
