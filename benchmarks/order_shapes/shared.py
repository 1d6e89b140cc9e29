"""Several results made from the same inputs."""

from __future__ import annotations

from benchmarks.order_shapes.drawing import Drawing, Shape


def shared_leaf_tree(n: int) -> Shape:
    """A tree reduction whose maps all read one small shared parameter."""
    d = Drawing()
    shared = d.add()
    return d.done(d.reduce([d.add(c, shared) for c in d.many(n)]))


def open_dataset(n: int) -> Shape:
    """One file handle, a read per chunk, two variables each, all joined and kept."""
    d = Drawing()
    handle = d.add()
    u, v = d.many(n, handle), d.many(n, handle)
    return d.done(*d.each(d.each(u, v)))


def standardise(n: int) -> Shape:
    """(x - x.mean()) / x.std(), kept."""
    d = Drawing()
    x = d.many(n)
    mean = d.reduce(d.each(x))
    std = d.reduce([d.add(c, mean) for c in x])
    return d.done(*[d.add(d.add(c, mean), std) for c in x])


def standardise_max(n: int) -> Shape:
    """((x - x.mean()) / x.std()).max()"""
    d = Drawing()
    x = d.many(n)
    mean = d.reduce(d.each(x))
    std = d.reduce(d.each(x))
    return d.done(d.reduce([d.add(d.add(c, mean), std) for c in x]))


def anomaly_max(n: int) -> Shape:
    """(x - x.mean(axis=0)).max() on an n by n grid of chunks."""
    d = Drawing()
    x = [d.many(n) for _ in range(n)]
    means = [d.reduce([row[j] for row in x]) for j in range(n)]
    return d.done(d.reduce([d.add(row[j], means[j]) for row in x for j in range(n)]))


def two_products(n: int) -> Shape:
    """(u * v).sum() and (v * w).sum()"""
    d = Drawing()
    u, v, w = d.many(n), d.many(n), d.many(n)
    uv, vw = d.each(u, v), d.each(v, w)
    return d.done(d.reduce(uv), d.reduce(vw))


def second_moments(n: int) -> Shape:
    """Means of u, v, u*u, u*v and v*v over the same chunks."""
    d = Drawing()
    u, v = d.many(n), d.many(n)
    fields = [u, v, d.each(u, u), d.each(u, v), d.each(v, v)]
    return d.done(*[d.reduce(d.each(f)) for f in fields])


def vorticity(n: int) -> Shape:
    """Mean of dv/dx - du/dy on an n by n grid of chunks; a difference reads the next chunk."""
    d = Drawing()
    u = [d.many(n) for _ in range(n)]
    v = [d.many(n) for _ in range(n)]
    dv = [d.add(v[i][j], v[i][(j + 1) % n]) for i in range(n) for j in range(n)]
    du = [d.add(u[i][j], u[(i + 1) % n][j]) for i in range(n) for j in range(n)]
    return d.done(d.reduce(d.each(dv, du)))


def read_filter_mean(n: int) -> Shape:
    """Partitions are read once, filtered, and give a sum and a count, then their quotient."""
    d = Drawing()
    kept = d.each(d.many(n))
    return d.done(d.add(d.reduce(d.each(kept)), d.reduce(d.each(kept))))


def describe(n: int) -> Shape:
    """Six statistics of one column, each a tree over the same partitions, joined at the end."""
    d = Drawing()
    column = d.each(d.many(n))
    return d.done(d.add(*[d.reduce(d.each(column), 8) for _ in range(6)]))


def hyperparameters(n: int) -> Shape:
    """n settings by 5 folds: shared preprocessing per fold, a fit and a score, the best wins."""
    d = Drawing()
    data = d.add()
    train, test = d.many(5, data), d.many(5, data)
    prepared = d.each(train)
    means = []
    for _ in range(n):
        fits = d.each(prepared)
        means.append(d.add(*d.each(fits, test)))
    return d.done(d.add(*means))


def preprocessing_grid(n: int) -> Shape:
    """A pipeline search: n scalers, n reducers on each, n models on each; all scores joined."""
    d = Drawing()
    data = d.add()
    scaled = d.many(n, data)
    reduced = [r for s in scaled for r in d.many(n, s)]
    models = [m for r in reduced for m in d.many(n, r)]
    return d.done(d.add(*d.each(models)))


def broadcast_join(n: int) -> Shape:
    """Every partition joins one small table that is itself a fan-in; groupby after it."""
    d = Drawing()
    small = d.add(*d.many(4))
    joined = [d.add(p, small) for p in d.many(n)]
    return d.done(d.reduce(d.each(joined), 8))
