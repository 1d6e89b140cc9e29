"""The same two graphs as Ray tasks, on a Ray that is started for the measurement and stopped.

It listens on the loopback address only, without dashboard and usage reports. ``compute`` is in
microseconds per task, submitting included: Ray starts tasks while the graph is being described.
"""

from __future__ import annotations

import os
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from benchmarks.cases.protocol import AbsentError, Figures, expect, serve
from benchmarks.cases.shapes import add, inc, tasks_of, total, value_of

WORKERS = 2
LOOPBACK = "127.0.0.1"


def start_ray(folder: str) -> Any:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"] = "0"
    import ray
    import ray._private.services as services

    # Ray replaces the loopback address by that of the network, and then listens to everyone; with
    # the loopback address its servers listen there only.
    services.resolve_ip_for_localhost = lambda host: host
    try:
        ray.init(
            num_cpus=WORKERS,
            include_dashboard=False,
            _node_ip_address=LOOPBACK,
            _temp_dir=folder,
            configure_logging=False,
            log_to_driver=False,
        )
    except Exception as error:
        raise AbsentError(f"Ray did not start: {type(error).__name__}: {error}") from error
    if ray.util.get_node_ip_address() != LOOPBACK:
        ray.shutdown()
        raise AbsentError(f"Ray would not stay on {LOOPBACK}")
    return ray


def tree(ray: Any, leaves: int) -> int:
    first, combine = ray.remote(inc), ray.remote(add)
    level = [first.remote(i) for i in range(leaves)]
    while len(level) > 1:
        pairs = [combine.remote(a, b) for a, b in zip(level[::2], level[1::2], strict=False)]
        level = pairs + level[2 * len(pairs) :]
    return int(ray.get(level[0]))


def fan_in(ray: Any, leaves: int) -> int:
    first = ray.remote(inc)
    return int(ray.get(ray.remote(total).remote(*[first.remote(i) for i in range(leaves)])))


def compute(shape: str, leaves: int) -> Figures:
    build = {"tree": tree, "fan-in": fan_in}[shape]
    # Sockets live in the folder too, and their paths must stay short.
    with TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder:
        ray = start_ray(folder)
        try:
            expect(build(ray, 16), value_of(16))
            start = perf_counter()
            value = build(ray, leaves)
            spent = perf_counter() - start
        finally:
            ray.shutdown()
    expect(value, value_of(leaves))
    return {"compute": spent / tasks_of(shape, leaves) * 1e6}


if __name__ == "__main__":
    serve({"ray": compute})
