"""Random small graphs, slow ways to say what should be found, and text without line breaks."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st


def prose(shown: object) -> str:
    """What is shown in one line: where lines break depends on the figures."""
    return " ".join(str(shown).split())


@st.composite
def random_reads(draw: st.DrawFn, most: int = 9) -> list[tuple[int, ...]]:
    """Per task, the distinct earlier tasks that it reads."""
    reads: list[tuple[int, ...]] = []
    for task in range(draw(st.integers(0, most))):
        earlier = st.integers(0, task - 1) if task else st.nothing()
        inputs = draw(st.sets(earlier, max_size=3)) if task else set()
        reads.append(tuple(sorted(inputs)))
    return reads


def dependents_of(reads: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    """Per task, the tasks that read it."""
    return [tuple(t for t, deps in enumerate(reads) if task in deps) for task in range(len(reads))]


def outputs_of(reads: Sequence[Sequence[int]]) -> set[int]:
    """The tasks that nobody reads."""
    return {task for task, users in enumerate(dependents_of(reads)) if not users}


def all_paths(reads: Sequence[Sequence[int]]) -> list[list[int]]:
    """Every path that starts at a task without inputs, the empty one included."""
    found: list[list[int]] = [[]]
    for task, inputs in enumerate(reads):
        if inputs:
            found += [[*path, task] for path in found if path and path[-1] in inputs]
        else:
            found.append([task])
    return found
