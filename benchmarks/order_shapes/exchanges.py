"""Everything meets everything: shuffles, rechunking, cross products."""

from __future__ import annotations

from benchmarks.order_shapes.drawing import Drawing, Shape


def shuffle(n: int) -> Shape:
    """n partitions split n ways and joined again; kept."""
    d = Drawing()
    split = d.each(d.many(n))
    parts = [d.many(n, s) for s in split]
    return d.done(*[d.add(*[p[k] for p in parts]) for k in range(n)])


def shuffle_aggregate(n: int) -> Shape:
    """As `shuffle`, then an aggregate per new partition and one total."""
    d = Drawing()
    parts = [d.many(n, s) for s in d.many(n)]
    new = [d.add(*[p[k] for p in parts]) for k in range(n)]
    return d.done(d.reduce(d.each(new)))


def shuffle_stages(n: int) -> Shape:
    """n * n partitions shuffled in two stages of n ways."""
    d = Drawing()
    level = d.many(n * n)
    for stride in (1, n):
        parts = [d.many(n, t) for t in level]
        level = [
            d.add(
                *[
                    parts[i - i // stride % n * stride + k * stride][i // stride % n]
                    for k in range(n)
                ]
            )
            for i in range(n * n)
        ]
    return d.done(*level)


def shuffle_join(n: int) -> Shape:
    """Two tables shuffled n ways and joined partition by partition, counted."""
    d = Drawing()
    sides = []
    for _ in range(2):
        parts = [d.many(n, t) for t in d.many(n)]
        sides.append([d.add(*[p[k] for p in parts]) for k in range(n)])
    return d.done(d.reduce(d.each(d.each(*sides))))


def rechunk(n: int) -> Shape:
    """n rows to n columns: every row is cut n ways, every column joins n pieces; summed."""
    d = Drawing()
    pieces = [d.many(n, row) for row in d.many(n)]
    return d.done(d.reduce(d.each([d.add(*[p[k] for p in pieces]) for k in range(n)])))


def rechunk_stages(n: int) -> Shape:
    """Rows to columns over an intermediate grid of n by n blocks of n rows; kept."""
    d = Drawing()
    rows = d.many(n * n)
    cut = [d.many(n, r) for r in rows]
    blocks = [[d.add(*[cut[b * n + r][c] for r in range(n)]) for c in range(n)] for b in range(n)]
    fine = [[d.many(n, blocks[b][c]) for c in range(n)] for b in range(n)]
    return d.done(*[d.add(*[fine[b][c][k] for b in range(n)]) for c in range(n) for k in range(n)])


def outer_sum(n: int) -> Shape:
    """Every chunk of a with every chunk of b, summed."""
    d = Drawing()
    a, b = d.many(n), d.many(n)
    return d.done(d.reduce([d.add(x, y) for x in a for y in b]))


def outer_kept(n: int) -> Shape:
    d = Drawing()
    a, b = d.many(n), d.many(n)
    return d.done(*[d.add(x, y) for x in a for y in b])


def matmul(n: int) -> Shape:
    """A @ B in n by n blocks; kept."""
    d = Drawing()
    a = [d.many(n) for _ in range(n)]
    b = [d.many(n) for _ in range(n)]
    products = [[[d.add(a[i][k], b[k][j]) for k in range(n)] for j in range(n)] for i in range(n)]
    return d.done(*[d.reduce(products[i][j], n) for i in range(n) for j in range(n)])


def matmul_sum(n: int) -> Shape:
    """(A @ B).sum(), with one task per dot product of blocks."""
    d = Drawing()
    a = [d.many(n) for _ in range(n)]
    b = [d.many(n) for _ in range(n)]
    c = [d.add(*a[i], *[b[k][j] for k in range(n)]) for i in range(n) for j in range(n)]
    return d.done(d.reduce(c))


def gram(n: int) -> Shape:
    """A.T @ A for a tall A of n row blocks by 4 column blocks; kept."""
    d = Drawing()
    a = [d.many(4) for _ in range(n)]
    flipped = [[d.add(c) for c in row] for row in a]
    out = []
    for i in range(4):
        for j in range(4):
            out.append(d.reduce([d.add(flipped[k][i], a[k][j]) for k in range(n)]))
    return d.done(*out)


def covariance(n: int) -> Shape:
    """A @ A.T for n row blocks by 2 column blocks: every pair of rows, summed to one number."""
    d = Drawing()
    a = [d.many(2) for _ in range(n)]
    flipped = [[d.add(c) for c in row] for row in a]
    dots = []
    for i in range(n):
        for j in range(n):
            dots.append(d.add(*[d.add(a[i][k], flipped[j][k]) for k in range(2)]))
    return d.done(d.reduce(dots))
