"""Graph shapes on which orders are compared: what array, dataframe and search work really builds.

Laws of this file:

1. Every shape is a pure function of one size; random ones are seeded. Same size, same graph.
2. Tasks are numbered the way a collection would write them: operation by operation (all chunks of
   the first step, then all chunks of the second ...), not in any order that is good to run.
3. ``outputs`` are the results that the caller keeps.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from benchmarks.order_shapes import (
    algebra,
    climate,
    exchanges,
    mixed,
    neighbours,
    shared,
    trees,
)
from benchmarks.order_shapes.drawing import Shape


class Case(NamedTuple):
    """A shape with the two sizes at which it is measured."""

    build: Callable[[int], Shape]
    small: int
    large: int


CORPUS: dict[str, Case] = {
    "binary_tree": Case(trees.binary_tree, 64, 1024),
    "wide_tree": Case(trees.wide_tree, 100, 2000),
    "caterpillar_left": Case(trees.caterpillar_left, 50, 1000),
    "caterpillar_right": Case(trees.caterpillar_right, 50, 1000),
    "random_tree": Case(trees.random_tree, 60, 1500),
    "uneven_tree": Case(trees.uneven_tree, 5, 9),
    "fan_in": Case(trees.fan_in, 40, 2000),
    "fan_out": Case(trees.fan_out, 40, 2000),
    "fan_out_in": Case(trees.fan_out_in, 40, 1000),
    "chains": Case(trees.chains, 20, 400),
    "chains_of_pairs": Case(trees.chains_of_pairs, 10, 200),
    "out_tree": Case(trees.out_tree, 32, 1024),
    "shared_leaf_tree": Case(shared.shared_leaf_tree, 50, 1000),
    "open_dataset": Case(shared.open_dataset, 20, 500),
    "standardise": Case(shared.standardise, 20, 500),
    "standardise_max": Case(shared.standardise_max, 20, 500),
    "anomaly_max": Case(shared.anomaly_max, 6, 30),
    "two_products": Case(shared.two_products, 20, 500),
    "second_moments": Case(shared.second_moments, 20, 300),
    "vorticity": Case(shared.vorticity, 5, 20),
    "read_filter_mean": Case(shared.read_filter_mean, 20, 500),
    "describe": Case(shared.describe, 20, 300),
    "hyperparameters": Case(shared.hyperparameters, 8, 100),
    "preprocessing_grid": Case(shared.preprocessing_grid, 4, 10),
    "broadcast_join": Case(shared.broadcast_join, 20, 1000),
    "climatology": Case(climate.climatology, 5, 40),
    "climatology_max": Case(climate.climatology_max, 5, 60),
    "climatology_mixed": Case(climate.climatology_mixed, 10, 80),
    "climatology_select": Case(climate.climatology_select, 6, 40),
    "groupby_cohorts": Case(climate.groupby_cohorts, 6, 100),
    "groupby_tree": Case(climate.groupby_tree, 40, 1000),
    "groupby_split_out": Case(climate.groupby_split_out, 20, 400),
    "stencil_1d": Case(neighbours.stencil_1d, 12, 60),
    "stencil_1d_sum": Case(neighbours.stencil_1d_sum, 20, 400),
    "stencil_2d": Case(neighbours.stencil_2d, 5, 20),
    "map_overlap": Case(neighbours.map_overlap, 20, 400),
    "neighbour_pairs": Case(neighbours.neighbour_pairs, 20, 400),
    "rolling_window": Case(neighbours.rolling_window, 30, 1000),
    "diamond_ladder": Case(neighbours.diamond_ladder, 10, 400),
    "cumulative_sum": Case(neighbours.cumulative_sum, 20, 500),
    "blelloch_scan": Case(neighbours.blelloch_scan, 16, 512),
    "shuffle": Case(exchanges.shuffle, 6, 35),
    "shuffle_aggregate": Case(exchanges.shuffle_aggregate, 6, 35),
    "shuffle_stages": Case(exchanges.shuffle_stages, 3, 9),
    "shuffle_join": Case(exchanges.shuffle_join, 5, 25),
    "rechunk": Case(exchanges.rechunk, 6, 35),
    "rechunk_stages": Case(exchanges.rechunk_stages, 3, 10),
    "outer_sum": Case(exchanges.outer_sum, 6, 40),
    "outer_kept": Case(exchanges.outer_kept, 6, 40),
    "matmul": Case(exchanges.matmul, 3, 11),
    "matmul_sum": Case(exchanges.matmul_sum, 4, 24),
    "gram": Case(exchanges.gram, 6, 60),
    "covariance": Case(exchanges.covariance, 5, 24),
    "cholesky": Case(algebra.cholesky, 5, 20),
    "lu_solve": Case(algebra.lu_solve, 6, 36),
    "fft_butterfly": Case(algebra.fft_butterfly, 16, 256),
    "tsqr": Case(algebra.tsqr, 10, 400),
    "power_iterations": Case(algebra.power_iterations, 10, 200),
    "gradient_descent": Case(algebra.gradient_descent, 10, 250),
    "montage": Case(algebra.montage, 15, 500),
    "persist_all": Case(mixed.persist_all, 20, 500),
    "write_with_statistics": Case(mixed.write_with_statistics, 20, 500),
    "multiscale": Case(mixed.multiscale, 32, 512),
    "random_layers": Case(mixed.random_layers, 10, 150),
    "random_near": Case(mixed.random_near, 100, 1500),
    "random_far": Case(mixed.random_far, 60, 1000),
    "random_delayed": Case(mixed.random_delayed, 100, 1500),
}


def graphs() -> list[tuple[str, Shape]]:
    """Every shape at both sizes, with a readable name like ``'climatology(5)'``."""
    return [
        (f"{name}({size})", case.build(size))
        for name, case in CORPUS.items()
        for size in (case.small, case.large)
    ]
