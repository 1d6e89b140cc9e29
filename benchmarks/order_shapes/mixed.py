"""Many kept results, and random graphs (seeded)."""

from __future__ import annotations

import random

from benchmarks.order_shapes.drawing import Drawing, Shape


def persist_all(n: int) -> Shape:
    """x, x + 1 and its row sums, all kept."""
    d = Drawing()
    x = d.many(n)
    y = d.each(x)
    return d.done(*x, *y, d.reduce(d.each(y)))


def write_with_statistics(n: int) -> Shape:
    """Each chunk is read, cleaned and stored; a tree of statistics on the cleaned chunks."""
    d = Drawing()
    clean = d.each(d.many(n))
    stored = d.add(*d.each(clean))
    return d.done(stored, d.reduce(d.each(clean)))


def multiscale(n: int) -> Shape:
    """A picture pyramid: every level is stored and also joined in pairs to the next one."""
    d = Drawing()
    level = d.many(n)
    stored = d.each(level)
    while len(level) > 1:
        level = [d.add(*level[i : i + 2]) for i in range(0, len(level), 2)]
        stored += d.each(level)
    return d.done(d.add(*stored))


def random_layers(n: int) -> Shape:
    """Ten layers of n tasks, each reading two random ones of the layer before; the last is kept."""
    rng = random.Random(7 * n)
    d = Drawing()
    level = d.many(n)
    for _ in range(9):
        level = [d.add(*rng.sample(level, 2)) for _ in range(n)]
    return d.done(*level)


def random_near(n: int) -> Shape:
    """Each task reads up to three of the thirty before it; what nobody reads is kept."""
    rng = random.Random(11 * n)
    d = Drawing()
    for t in range(n):
        near = range(max(0, t - 30), t)
        d.add(*rng.sample(near, min(len(near), rng.randrange(4))))
    used = {r for reads in d.deps for r in reads}
    return d.done(*[t for t in range(n) if t not in used])


def random_far(n: int) -> Shape:
    """Each task reads up to three of all before it; what nobody reads is kept."""
    rng = random.Random(13 * n)
    d = Drawing()
    for t in range(n):
        d.add(*rng.sample(range(t), min(t, rng.randrange(4))))
    used = {r for reads in d.deps for r in reads}
    return d.done(*[t for t in range(n) if t not in used])


def random_delayed(n: int) -> Shape:
    """A program written with `delayed`: mostly recent results, a few old ones, one answer."""
    rng = random.Random(17 * n)
    d = Drawing()
    for t in range(n):
        recent = [t - 1 - min(t - 1, int(rng.expovariate(0.3))) for _ in range(2 if t else 0)]
        old = [rng.randrange(t)] if t and rng.random() < 0.05 else []
        d.add(*(recent if rng.random() < 0.8 else []), *old)
    used = {r for reads in d.deps for r in reads}
    return d.done(d.add(*[t for t in range(n) if t not in used]))
