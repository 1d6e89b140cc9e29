"""Ways to walk a graph from nothing: each returns a topological order of what `roots` need.

Laws of this file:

1. Linear time: every edge is looked at a constant number of times, whatever the graph's size.
2. No recursion: graphs with chains of a million tasks are walked on explicit stacks.
3. A walk gives a good order for a kind of graph and a valid one for every graph; which one is
   best is measured by the portfolio and not guessed here.
"""

from __future__ import annotations

from collections.abc import Sequence

from treadle.graph.order.dag import Dag

FAR = 32
"""Tasks that wait for this many reads or more are equally far from running."""


def by_need(dag: Dag) -> tuple[list[Sequence[int]], list[int]]:
    """Reads of each task, and all sinks, with those first that need most room above what they keep.

    This is the numbering of Sethi and Ullman (1970) for any number of children and any sizes: with
    children run one after another, the order of decreasing (peak - residue) has the lowest peak.
    Exact where no result is shared. A shared input is counted at every user, which only makes the
    numbers too large; what it keeps beyond itself is counted at none, so they stay bounded.
    """
    n, size, kept, users = dag.n, dag.size, dag.kept, dag.users
    peak = [0] * n
    inside = [0] * n  # kept results below, without the task's own
    gap = [0] * n  # minus (peak - residue): ascending sort puts the neediest first
    ordered: list[Sequence[int]] = []
    for t, r in enumerate(dag.reads):
        s = size[t]
        if not r:
            top = s
            below = 0
        elif len(r) == 1:
            d = r[0]
            top = peak[d]
            if size[d] + inside[d] + s > top:
                top = size[d] + inside[d] + s
            below = 0 if len(users[d]) > 1 else inside[d] + (size[d] if kept[d] else 0)
        else:
            r = sorted(r, key=gap.__getitem__)
            top = held = below = 0
            for d in r:
                if held + peak[d] > top:
                    top = held + peak[d]
                held += size[d] + inside[d]
                if len(users[d]) == 1:
                    below += inside[d] + (size[d] if kept[d] else 0)
            if held + s > top:
                top = held + s
        ordered.append(r)
        peak[t] = top
        inside[t] = below
        gap[t] = below + s - top
    for t in dag.sinks:
        if not kept[t]:
            gap[t] -= size[t]
    return ordered, sorted(dag.sinks, key=gap.__getitem__)


def by_share(dag: Dag) -> tuple[list[Sequence[int]], list[int]]:
    """Reads of each task, and all sinks, with those first that stand for the most tasks.

    A task stands for itself and for its inputs' shares; a shared input divides its own among its
    users.
    """
    weight = [0.0] * dag.n
    ordered: list[Sequence[int]] = []
    users = dag.users
    for t, r in enumerate(dag.reads):
        w = 1.0
        for d in r:
            w += weight[d]
        k = len(users[t])
        weight[t] = w / k if k > 1 else w
        if len(r) > 1:
            r = sorted(r, key=weight.__getitem__, reverse=True)
        ordered.append(r)
    return ordered, sorted(dag.sinks, key=weight.__getitem__, reverse=True)


def depth_first(reads: Sequence[Sequence[int]], roots: Sequence[int]) -> list[int]:
    """Each root after all it needs, inputs in the order of `reads`."""
    state = bytearray(len(reads))  # 0 untouched, 1 opened, 2 placed
    order: list[int] = []
    for root in roots:
        stack = [root]
        while stack:
            t = stack[-1]
            if state[t]:
                stack.pop()
                if state[t] == 1:
                    state[t] = 2
                    order.append(t)
                continue
            state[t] = 1
            r = reads[t]
            if len(r) == 1:
                if not state[r[0]]:
                    stack.append(r[0])
            else:
                stack += [d for d in reversed(r) if not state[d]]
    return order


def by_level(dag: Dag) -> list[int]:
    """All tasks by the length of the longest chain of reads below them."""
    level = [0] * dag.n
    for t, r in enumerate(dag.reads):
        top = 0
        for d in r:
            if level[d] >= top:
                top = level[d] + 1
        level[t] = top
    return sorted(range(dag.n), key=level.__getitem__)


def nearest_first(dag: Dag, reads: Sequence[Sequence[int]], roots: Sequence[int]) -> list[int]:
    """Finish what is nearest to running among the users of what is there.

    1. A ready task whose inputs it releases are at least as large as its result runs at once.
    2. Else the task that waits for the fewest reads becomes the goal (the one that came near first,
       among equals), if it waits for fewer than the goal at hand.
    3. The goal's first missing input becomes the goal, until one is ready; that runs.

    Rule 2 makes several reductions over shared inputs advance together instead of one by one with
    all inputs held.
    """
    n, users, size = dag.n, dag.users, dag.size
    left = [len(r) for r in reads]
    at = [0] * n
    open_ = dag.open[:]
    last, freed = last_users(dag)
    done = bytearray(n)
    near: list[list[int]] = [[] for _ in range(FAR + 1)]  # waiting tasks by missing reads
    head = [0] * (FAR + 1)
    low = FAR + 1
    goals: list[int] = []
    asides: list[int] = []  # where on `goals` a nearer goal was put on top
    aimed = bytearray(n)
    shrinking: list[int] = []
    order: list[int] = []
    todo = list(reversed(roots))
    while True:
        if shrinking:
            t = shrinking.pop()
            if done[t]:
                continue
        else:
            while low <= FAR:  # skip what has run or has come nearer since
                queue, i = near[low], head[low]
                while i < len(queue) and (done[queue[i]] or min(left[queue[i]], FAR) != low):
                    i += 1
                head[low] = i
                if i < len(queue):
                    break
                queue.clear()
                head[low] = 0
                low += 1
            while goals and done[goals[-1]]:
                goals.pop()
            while asides and asides[-1] >= len(goals):
                asides.pop()
            if goals:
                t = goals[-1]
                if low < left[t] and low < FAR:
                    t = near[low][head[low]]
                    head[low] += 1
                    asides.append(len(goals))
                    goals.append(t)
            elif low <= FAR:
                t = near[low][head[low]]
                head[low] += 1
                goals.append(t)
            else:
                while todo and done[todo[-1]]:
                    todo.pop()
                if not todo:
                    return order
                t = todo[-1]
                goals.append(t)
            while left[t]:
                i, r = at[t], reads[t]
                while done[r[i]]:
                    i += 1
                at[t] = i
                t = r[i]
                if left[t] and asides and aimed[t]:
                    break  # waits for what is under way: drop it, or long paths are walked again
                aimed[t] = 1
                goals.append(t)
            if left[t]:
                del goals[asides.pop() :]
                continue
            goals.pop()
        done[t] = 1
        order.append(t)
        for d in reads[t]:
            open_[d] -= 1
            last[d] -= t
            if open_[d] == 1:
                u = last[d]
                freed[u] += size[d]
                if not left[u] and freed[u] >= size[u]:
                    shrinking.append(u)
        for u in users[t]:
            k = left[u] - 1
            left[u] = k
            if not k and freed[u] >= size[u]:
                shrinking.append(u)
            else:
                if k > FAR:
                    if k + 1 < len(reads[u]):
                        continue  # it stands in the last queue already
                    k = FAR
                near[k].append(u)
                if k < low:
                    low = k


def last_users(dag: Dag) -> tuple[list[int], list[int]]:
    """Counters for walks that ask which running task would release a result.

    The first list holds the sum of the ids of a result's users: when the users that ran are
    subtracted and one is left, the sum is that user's id. The second holds, for each task, the
    bytes that it alone releases from the start: inputs nobody else uses, and its own result if
    nobody does.
    """
    last = [sum(u) for u in dag.users]
    freed = [0] * dag.n
    for t, k in enumerate(dag.open):
        if k == 1:
            freed[last[t]] += dag.size[t]
        elif not k:
            freed[t] += dag.size[t]
    return last, freed
