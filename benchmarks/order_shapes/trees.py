"""Trees, chains and fans: no shared results, or a single one."""

from __future__ import annotations

import random

from benchmarks.order_shapes.drawing import Drawing, Shape


def binary_tree(n: int) -> Shape:
    d = Drawing()
    return d.done(d.reduce(d.many(n), 2))


def wide_tree(n: int) -> Shape:
    d = Drawing()
    return d.done(d.reduce(d.each(d.many(n)), 8))


def caterpillar_left(n: int) -> Shape:
    """((a + b) + c) + d ..."""
    d = Drawing()
    leaves = d.many(n)
    total = leaves[0]
    for leaf in leaves[1:]:
        total = d.add(total, leaf)
    return d.done(total)


def caterpillar_right(n: int) -> Shape:
    """a + (b + (c + (d ...)))"""
    d = Drawing()
    leaves = d.many(n)
    total = leaves[-1]
    for leaf in leaves[-2::-1]:
        total = d.add(leaf, total)
    return d.done(total)


def random_tree(n: int) -> Shape:
    """Random pairs are joined until one task is left."""
    rng = random.Random(n)
    d = Drawing()
    pool = d.many(n)
    while len(pool) > 1:
        a = pool.pop(rng.randrange(len(pool)))
        b = pool.pop(rng.randrange(len(pool)))
        pool.append(d.add(a, b))
    return d.done(pool[0])


def uneven_tree(n: int) -> Shape:
    """A fan-in whose branches are trees of growing size, the largest last."""
    d = Drawing()
    return d.done(d.add(*[d.reduce(d.many(2**k), 2) for k in range(n)]))


def fan_in(n: int) -> Shape:
    d = Drawing()
    return d.done(d.add(*d.many(n)))


def fan_out(n: int) -> Shape:
    d = Drawing()
    return d.done(*d.many(n, d.add()))


def fan_out_in(n: int) -> Shape:
    d = Drawing()
    return d.done(d.reduce(d.each(d.many(n, d.add()))))


def chains(n: int) -> Shape:
    d = Drawing()
    level = d.many(n)
    for _ in range(5):
        level = d.each(level)
    return d.done(*level)


def chains_of_pairs(n: int) -> Shape:
    """Parallel chains, each step also reading a constant of its own."""
    d = Drawing()
    level = d.many(n)
    for _ in range(4):
        level = d.each(level, d.many(n))
    return d.done(*level)


def out_tree(n: int) -> Shape:
    """One task split again and again; every end is kept."""
    d = Drawing()
    level = [d.add()]
    while len(level) < n:
        level = [child for t in level for child in d.many(2, t)]
    return d.done(*level)
