"""Blocked linear algebra and iterations over the same blocks."""

from __future__ import annotations

from benchmarks.order_shapes.drawing import Drawing, Shape


def cholesky(n: int) -> Shape:
    """Right-looking blocked Cholesky of an n by n grid; the lower triangle is kept."""
    d = Drawing()
    a = [[d.add() for _ in range(i + 1)] for i in range(n)]
    for k in range(n):
        a[k][k] = d.add(a[k][k])
        for i in range(k + 1, n):
            a[i][k] = d.add(a[k][k], a[i][k])
        for i in range(k + 1, n):
            for j in range(k + 1, i + 1):
                a[i][j] = d.add(a[i][j], a[i][k], a[j][k])
    return d.done(*[t for row in a for t in row])


def lu_solve(n: int) -> Shape:
    """Forward substitution with a lower triangular grid of n by n blocks."""
    d = Drawing()
    lower = [[d.add() for _ in range(i + 1)] for i in range(n)]
    right = d.many(n)
    x: list[int] = []
    for i in range(n):
        total = right[i]
        for j in range(i):
            total = d.add(total, d.add(lower[i][j], x[j]))
        x.append(d.add(total, lower[i][i]))
    return d.done(*x)


def fft_butterfly(n: int) -> Shape:
    """A radix-two butterfly; n is a power of two; every output is kept."""
    d = Drawing()
    level = d.many(n)
    step = 1
    while step < n:
        level = [d.add(level[i], level[i ^ step]) for i in range(n)]
        step *= 2
    return d.done(*level)


def tsqr(n: int) -> Shape:
    """Tall and skinny QR: a QR per block, one on the stacked Rs, Qs multiplied back; kept."""
    d = Drawing()
    qr = d.each(d.many(n))
    q, r = d.each(qr), d.each(qr)
    stacked = d.add(d.add(*r))
    pieces = d.many(n, d.add(stacked))
    return d.done(*d.each(q, pieces), d.add(stacked))


def power_iterations(n: int) -> Shape:
    """A compressed SVD: A is read once and multiplied from both sides three times."""
    d = Drawing()
    a = d.many(n)
    y = [d.add(c, d.add()) for c in a]
    for _ in range(3):
        q = d.add(d.reduce(d.each(y)))
        y = [d.add(c, q) for c in a]
    return d.done(d.add(d.reduce([d.add(c, t) for c, t in zip(a, y, strict=True)])))


def gradient_descent(n: int) -> Shape:
    """Four steps over the same n blocks of X and y: the coefficients go out, a sum comes back."""
    d = Drawing()
    x, y = d.many(n), d.many(n)
    beta = d.add()
    for _ in range(4):
        beta = d.add(beta, d.reduce([d.add(a, b, beta) for a, b in zip(x, y, strict=True)]))
    return d.done(beta)


def montage(n: int) -> Shape:
    """Images are projected, neighbours' overlaps fitted, one model, all corrected, one mosaic."""
    d = Drawing()
    projected = d.each(d.many(n))
    fits = [d.add(projected[i], projected[i + 1]) for i in range(n - 1)]
    model = d.add(*fits)
    return d.done(d.add(*[d.add(p, model) for p in projected]))
