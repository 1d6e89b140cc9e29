"""Group means over time that are subtracted again, and groupby reductions."""

from __future__ import annotations

from benchmarks.order_shapes.drawing import Drawing, Shape


def climatology(n: int) -> Shape:
    """n years of 12 monthly chunks: month means, then each chunk minus its month's mean, kept."""
    d = Drawing()
    chunks = [d.many(12) for _ in range(n)]
    means = [d.add(*[year[m] for year in chunks]) for m in range(12)]
    return d.done(*[d.add(year[m], means[m]) for year in chunks for m in range(12)])


def climatology_max(n: int) -> Shape:
    """As `climatology`, but only the largest anomaly is kept."""
    d = Drawing()
    chunks = [d.many(12) for _ in range(n)]
    means = [d.reduce([year[m] for year in chunks]) for m in range(12)]
    return d.done(d.reduce([d.add(year[m], means[m]) for year in chunks for m in range(12)]))


def climatology_mixed(n: int) -> Shape:
    """n chunks that each hold all 12 months: split, 12 means, all means put back per chunk."""
    d = Drawing()
    chunks = d.many(n)
    parts = [d.many(12, c) for c in chunks]
    means = [d.reduce([p[m] for p in parts]) for m in range(12)]
    table = d.add(*means)
    return d.done(*[d.add(c, table) for c in chunks])


def climatology_select(n: int) -> Shape:
    """Chunks of 12 months in space columns: anomalies per part, regrouped, one mean per column."""
    d = Drawing()
    ends = []
    columns = [d.many(n) for _ in range(4)]
    for column in columns:
        parts = [d.many(4, c) for c in column]
        means = [d.reduce([p[m] for p in parts]) for m in range(4)]
        anomalies = [d.add(*d.each(p, means)) for p in parts]
        ends.append(d.reduce(anomalies))
    return d.done(*ends)


def groupby_cohorts(n: int) -> Shape:
    """Chunks each hold two neighbouring groups of n; every group is a tree of its own, kept."""
    d = Drawing()
    groups: list[list[int]] = [[] for _ in range(n)]
    for chunk, c in enumerate(d.many(4 * n)):
        groups[chunk % n].append(d.add(c))
        groups[(chunk + 1) % n].append(d.add(c))
    return d.done(*[d.reduce(g) for g in groups])


def groupby_tree(n: int) -> Shape:
    """A tree aggregate that is split into 4 output partitions at the end."""
    d = Drawing()
    total = d.reduce(d.each(d.many(n)), 8)
    return d.done(*d.many(4, total))


def groupby_split_out(n: int) -> Shape:
    """Each partition's aggregate is split 4 ways, each part is a tree, all 4 are kept."""
    d = Drawing()
    parts = [d.many(4, a) for a in d.each(d.many(n))]
    return d.done(*[d.reduce([p[k] for p in parts], 8) for k in range(4)])
