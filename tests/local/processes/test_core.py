"""The decision core, without processes: single decisions, and whole runs in simulation."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.local.processes.simulation import Simulation, evaluate, random_graph


def simulate(seed: int, deaths: int = 0, trouble: bool = False) -> Simulation:
    generator = random.Random(seed)
    deps = random_graph(generator, generator.randrange(1, 120))
    size = len(deps)
    outputs = sorted(generator.sample(range(size), min(size, generator.randrange(1, 4))))
    simulation = Simulation(
        deps,
        outputs,
        generator.randrange(1, 5),
        seed,
        chunksize=generator.choice([None, None, 1, 3]),
        deaths=deaths,
        killer=generator.randrange(size) if trouble else -1,
        stuck=frozenset(generator.sample(range(size), size // 10)) if trouble else frozenset(),
    )
    simulation.run()
    return simulation


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32))
def test_outputs_are_right(seed: int) -> None:
    simulation = simulate(seed)
    assert simulation.done
    values = evaluate(list(simulation.state.deps))
    assert {t: simulation.held[t] for t in simulation.state.outputs} == {
        t: values[t] for t in simulation.state.outputs
    }
    assert simulation.runs == [1] * len(values)  # nothing is done twice without a reason


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 5))
def test_outputs_are_right_when_workers_die(seed: int, deaths: int) -> None:
    simulation = simulate(seed, deaths)
    if simulation.failure is not None:
        # Only a task that was killed twice, the second time alone, may be blamed.
        assert simulation.failure.kind == "death"
        assert simulation.failure.task in simulation.state.suspects
        return
    values = evaluate(list(simulation.state.deps))
    assert {t: simulation.held[t] for t in simulation.state.outputs} == {
        t: values[t] for t in simulation.state.outputs
    }
    assert min(simulation.runs) >= 1


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 2))
def test_only_the_culprit_is_blamed(seed: int, deaths: int) -> None:
    simulation = simulate(seed, deaths, trouble=True)
    failure = simulation.failure
    assert failure is not None  # one task kills every process that runs it
    if failure.kind == "export":
        assert failure.task in simulation.stuck
    else:
        assert failure.kind == "death"
        assert failure.task == simulation.killer or deaths
