"""Chunks that read their neighbours: stencils, windows, scans."""

from __future__ import annotations

from benchmarks.order_shapes.drawing import Drawing, Shape


def stencil_1d(n: int) -> Shape:
    """n chunks over n/2 steps, each reading itself and both neighbours; the last step is kept."""
    d = Drawing()
    level = d.many(n)
    for _ in range(n // 2):
        level = [d.add(*level[max(0, i - 1) : i + 2]) for i in range(n)]
    return d.done(*level)


def stencil_1d_sum(n: int) -> Shape:
    """A long row of chunks, four steps, summed."""
    d = Drawing()
    level = d.many(n)
    for _ in range(4):
        level = [d.add(*level[max(0, i - 1) : i + 2]) for i in range(n)]
    return d.done(d.reduce(level))


def stencil_2d(n: int) -> Shape:
    """An n by n grid over three steps with four neighbours, summed."""
    d = Drawing()
    level = [d.many(n) for _ in range(n)]
    for _ in range(3):
        level = [
            [
                d.add(
                    *[
                        level[a][b]
                        for a, b in ((i, j), (i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1))
                        if 0 <= a < n and 0 <= b < n
                    ]
                )
                for j in range(n)
            ]
            for i in range(n)
        ]
    return d.done(d.reduce([t for row in level for t in row]))


def map_overlap(n: int) -> Shape:
    """Each chunk is read, its edges cut, joined with the neighbours' edges, filtered, trimmed."""
    d = Drawing()
    x = d.many(n)
    left, right = d.each(x), d.each(x)
    joined = []
    for i in range(n):
        reads = [x[i]]
        if i:
            reads.append(right[i - 1])
        if i + 1 < n:
            reads.append(left[i + 1])
        joined.append(d.add(*reads))
    return d.done(*d.each(d.each(joined)))


def neighbour_pairs(n: int) -> Shape:
    """Distances between each chunk and its next two, joined to one."""
    d = Drawing()
    x = d.many(n)
    return d.done(d.reduce([d.add(x[i], x[j]) for i in range(n) for j in range(i, min(n, i + 3))]))


def rolling_window(n: int) -> Shape:
    """Each output reads eight consecutive inputs; all are kept."""
    d = Drawing()
    x = d.many(n)
    return d.done(*[d.add(*x[max(0, i - 7) : i + 1]) for i in range(n)])


def diamond_ladder(n: int) -> Shape:
    d = Drawing()
    end = d.add()
    for _ in range(n):
        end = d.add(*d.many(3, end))
    return d.done(end)


def cumulative_sum(n: int) -> Shape:
    """Per chunk a cumsum, its last value, a running total, and the total added back; kept."""
    d = Drawing()
    local = d.each(d.many(n))
    last = d.each(local)
    out = [local[0]]
    total = last[0]
    for i in range(1, n):
        out.append(d.add(local[i], total))
        if i + 1 < n:
            total = d.add(total, last[i])
    return d.done(*out)


def blelloch_scan(n: int) -> Shape:
    """A parallel prefix sum: up-sweep, down-sweep; n is a power of two."""
    d = Drawing()
    value = d.many(n)
    step = 1
    while step < n:
        for i in range(2 * step - 1, n, 2 * step):
            value[i] = d.add(value[i - step], value[i])
        step *= 2
    step //= 4
    while step:
        for i in range(3 * step - 1, n, 2 * step):
            value[i] = d.add(value[i - step], value[i])
        step //= 2
    return d.done(*value)
