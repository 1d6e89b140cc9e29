"""What a benchmark consists of: runs that are measured, rows that are shown, goals that rows have.

Pure data and arithmetic: nothing here starts a process or writes a file. Laws:

1. A figure is the median over the rounds of one run. Nothing is dropped as an outlier.
2. A ratio is always peer divided by treadle, so above 1 treadle is the better one.
3. A figure that is missing makes a goal "not measured", never met.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

TREADLE = "treadle"
DASK = "dask"


@dataclass(frozen=True)
class Run:
    """One measurement, made in a fresh interpreter: ``benchmarks.cases.CASE LIBRARY ARGUMENTS``.

    ``rounds`` is the most often that it is repeated, for those that take long; ``timeout`` is in
    seconds.
    """

    case: str
    library: str
    arguments: tuple[str | int, ...] = ()
    rounds: int = 1000
    timeout: float = 120.0

    def __str__(self) -> str:
        return " ".join([self.case, self.library, *map(str, self.arguments)])


@dataclass(frozen=True)
class Nothing:
    """Why a run gave no figures: ``reason`` for the table, ``detail`` for whoever watches."""

    reason: str
    detail: str = ""
    failed: bool = True


@dataclass
class Outcome:
    """What the rounds of a run gave, or why they gave nothing."""

    samples: list[dict[str, float]] = field(default_factory=list)
    nothing: Nothing | None = None

    def figure(self, name: str) -> float | None:
        """Return the median of one figure."""
        found = [sample[name] for sample in self.samples if name in sample]
        return median(found) if found else None


Outcomes = Mapping[Run, Outcome]


@dataclass(frozen=True)
class Median:
    """One figure of one run; ``note`` says what was different about it."""

    run: Run
    name: str
    note: str = ""

    @property
    def runs(self) -> tuple[Run, ...]:
        return (self.run,)

    def value(self, outcomes: Outcomes) -> float | None:
        return outcomes[self.run].figure(self.name)


@dataclass(frozen=True)
class Spread:
    """The largest of some medians divided by the smallest."""

    parts: tuple[Median, ...]
    note: str = ""

    @property
    def runs(self) -> tuple[Run, ...]:
        return tuple([part.run for part in self.parts])

    def value(self, outcomes: Outcomes) -> float | None:
        found = [part.value(outcomes) for part in self.parts]
        values = [value for value in found if value is not None]
        return max(values) / min(values) if values and len(values) == len(found) else None


Figure = Median | Spread
Values = Mapping[str, float]


@dataclass(frozen=True)
class Goal:
    """What the issue asks of a row. ``met`` raises KeyError for a value that is missing."""

    text: str
    met: Callable[[Values], bool]

    def verdict(self, values: Values) -> bool | None:
        try:
            return self.met(values)
        except KeyError:
            return None


def at_most_of(part: float, peer: str, text: str) -> Goal:
    """treadle's value is at most ``part`` of the peer's."""
    return Goal(text, lambda values: values[TREADLE] <= part * values[peer])


def at_most(limit: float, text: str) -> Goal:
    return Goal(text, lambda values: values[TREADLE] <= limit)


@dataclass(frozen=True)
class Row:
    """One line of the table.

    ``peers`` maps names to figures in the same unit; dask has a column of its own. ``details`` are
    further figures that the row's own is made of. ``compared`` is whether ratios mean something.
    """

    what: str
    unit: str
    treadle: Figure
    peers: Mapping[str, Figure] = field(default_factory=dict)
    goals: tuple[Goal, ...] = ()
    details: Mapping[str, Figure] = field(default_factory=dict)
    compared: bool = True

    def figures(self) -> Iterator[tuple[str, Figure]]:
        yield TREADLE, self.treadle
        yield from self.peers.items()

    def values(self, outcomes: Outcomes) -> dict[str, float]:
        found = {name: figure.value(outcomes) for name, figure in self.figures()}
        return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True)
class Group:
    """Rows whose runs are measured in turn: A B A B."""

    name: str
    title: str
    rows: Sequence[Row]
    rounds: int | None = None

    def runs(self) -> list[Run]:
        """Return the runs that the rows need, each once."""
        return list(
            dict.fromkeys(
                [run for row in self.rows for _, figure in row.figures() for run in figure.runs]
            )
        )


def ratio(peer: float, treadle: float) -> float | None:
    """How many times treadle's value the peer's is."""
    return peer / treadle if treadle > 0 else None
