"""The four questions, answered in words. Each sentence comes from a rule and carries its numbers.

1. How much speed-up is possible?           from T1 / T-infinity, or tasks and critical path
2. How much with this many workers?         from max(T1 / p, T-infinity) and a simulated run
3. How much was achieved, and why not more? from the account of each run, largest loss first
4. Why were processes slower or faster?     from the differences between two accounts

A loss is mentioned from `_WORTH` of the run's worker-seconds on. What was not measured is called
unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from treadle.diagnostics.explain.forecast import Forecast
from treadle.diagnostics.explain.report import Report
from treadle.units import format_bytes, format_time

_WORTH = 0.02

#: Losses named in a sentence; the others are summed up.
_NAMED = 4

#: Runs whose times differ by less than this are called equal.
_SAME = 0.05

#: What each loss of an account is called.
LOSSES = {
    "core": "waiting for a core",
    "lock": "waiting for the interpreter lock",
    "pickling": "pickling",
    "moving": "moving bytes between processes",
    "starting": "starting workers",
    "scheduling": "scheduling",
    "recording": "recording for this explanation",
    "starved": "idle with no task ready",
    "tail": "idle with no task left to start",
    "finishing": "handing back results after the last task",
}

#: What to do about the largest loss.
_ADVICE = {
    "core": "Other programs, or more workers than cores, used them.",
    "lock": "Pure Python code runs in one thread at a time; processes have a lock each.",
    "pickling": "Returning less, or working where the data are, would save most.",
    "moving": "Larger steps on the same data would move less.",
    "starting": "It is paid once: longer runs lose a smaller share.",
    "scheduling": "Fewer and larger tasks would lose less.",
    "recording": "Without an observer, tasks as small as these run faster.",
    "starved": "The graph is the limit here, not the number of workers.",
    "tail": "Smaller tasks would share the end more evenly.",
    "finishing": "",
}


class Answer(NamedTuple):
    """A question and what the numbers say."""

    question: str
    text: str


def times(ratio: float) -> str:
    """Write a speed-up.

    Examples
    --------
    >>> times(1.98), times(12.34), times(12345.6)
    ('1.98x', '12.3x', '12,346x')
    """
    if ratio < 10:
        return f"{ratio:.2f}x"
    return f"{ratio:.1f}x" if ratio < 1000 else f"{ratio:,.0f}x"


def chain(labels: Sequence[tuple[str, int]], limit: int = 6) -> str:
    """Write a path of functions.

    Examples
    --------
    >>> chain([("load", 1), ("add", 3), ("sum", 1)])
    'load > add x3 > sum'
    """
    parts = [label if count == 1 else f"{label} x{count}" for label, count in labels]
    if len(parts) > limit:
        half = limit // 2
        parts = [*parts[:half], "...", *parts[-half:]]
    return " > ".join(parts)


def plural(count: int, thing: str) -> str:
    """Write a count.

    Examples
    --------
    >>> plural(1, "task"), plural(1200, "task")
    ('1 task', '1,200 tasks')
    """
    return f"{count:,} {thing}" + ("" if count == 1 else "s")


def reference(reports: Sequence[Report]) -> Report | None:
    """Return the run whose task times stand for the work: sync, else the one that needed least."""
    whole = [each for each in reports if each.complete]
    alone = [each for each in whole if each.scheduler == "sync"]
    return min(alone or whole, key=lambda each: each.work, default=None)


def answers(
    forecast: Forecast | None, reports: Sequence[Report], workers: int, cores: int
) -> list[Answer]:
    """Answer the four questions as far as there are numbers."""
    base = reference(reports)
    found = []
    if base is not None:
        found.append(Answer("How much speed-up is possible?", _possible(base)))
        parallel = [each.workers for each in reports if each.workers > 1]
        count = max(parallel, default=workers)
        found.append(Answer(f"How much with {plural(count, 'worker')}?", _here(base, count, cores)))
    elif forecast is not None:
        found.append(Answer("How much speed-up is possible?", _possible_before(forecast)))
        found.append(
            Answer(f"How much with {plural(workers, 'worker')}?", _here_before(forecast, workers))
        )
    if reports:
        texts = [achieved(each, base) for each in reports]
        found.append(Answer("How much was achieved, and why not more?", "\n".join(texts)))
        found.append(
            Answer("Why were processes slower or faster than threads here?", _versus(reports))
        )
    return found


def _possible(base: Report) -> str:
    if not base.work:
        return "Unknown: the tasks took no measurable time."
    return (
        f"At most {times(base.allowed)}. In a row, the tasks take {format_time(base.work)} (T1); "
        f"the longest chain ({chain(base.path_labels)}) takes {format_time(base.span)} "
        f"(T-infinity), however many workers there are."
    )


def _possible_before(forecast: Forecast) -> str:
    if not forecast.calls:
        return "None: there is nothing to run."
    kind = "" if forecast.expanded else ", looking at whole operations"
    text = (
        f"At most {times(forecast.parallelism)} if all tasks take equally long: "
        f"{plural(forecast.calls, 'task')}, of which {forecast.path:,} "
        f"({chain(forecast.path_labels)}) run one after the other{kind}."
    )
    estimate = forecast.estimate
    if estimate is None:
        return f"{text} How long they take is unknown before a run."
    if estimate.unknown:
        return f"{text} The recorded run does not know {plural(estimate.unknown, 'task')} of them."
    if not estimate.span:
        return text
    return (
        f"{text} With the recorded durations, at most {times(estimate.work / estimate.span)}: "
        f"{format_time(estimate.work)} in a row, {format_time(estimate.span)} on the longest chain."
    )


def _here(base: Report, workers: int, cores: int) -> str:
    best = max(base.work / workers, base.span)
    if not best:
        return "Unknown: the tasks took no measurable time."
    limit = "the workers set" if base.work / workers > base.span else "the longest chain sets"
    text = (
        f"At most {times(base.work / best)}, that is {format_time(best)}; {limit} the limit. "
        f"Without any cost besides the tasks, a run that keeps no worker idle while a task is "
        f"ready takes at most {format_time(base.work / workers + base.span)} (T1/p + T-infinity)."
    )
    if workers > cores:
        text += (
            f" This process may use {plural(cores, 'core')}: more workers than that "
            f"help only while tasks sleep or wait."
        )
    return text


def _here_before(forecast: Forecast, workers: int) -> str:
    text = f"At most {times(forecast.bound(workers))} if all tasks take equally long"
    if forecast.width < workers:
        text += f": no more than {plural(forecast.width, 'task')} can run at a time."
    else:
        text += f"; up to {plural(forecast.width, 'task')} can run at a time."
    estimate = forecast.estimate
    if estimate is not None and not estimate.unknown and estimate.makespan:
        text += (
            f" A simulated run with the recorded durations takes {format_time(estimate.makespan)}, "
            f"{times(estimate.work / estimate.makespan)}."
        )
    return text


def achieved(report: Report, base: Report | None) -> str:
    """Say what one run reached and what kept it from more."""
    if not report.complete:
        return f"{report.name}: an exception ended the run after {plural(report.tasks, 'task')}."
    work = report.work if base is None else base.work
    by_whom = "" if base is None or base is report else f" of {base.name}"
    text = (
        f"{report.name}: {times(report.achieved(work))}, {format_time(report.wall)} against "
        f"{format_time(work)} for the tasks{by_whom} in a row."
    )
    spent, losses = report.account, _losses(report)
    many = f"{report.workers} x " if report.workers > 1 else ""
    text += (
        f" Of {many}{format_time(report.wall)}, tasks computed for {format_time(spent.computing)}"
    )
    if spent.blocked > _WORTH * spent.total:
        waited = "slept or were blocked" if report.core is not None else "were off the processor"
        text += f" and {waited} for {format_time(spent.blocked)}"
    if losses:
        listed = ", ".join(f"{format_time(lost)} {LOSSES[name]}" for name, lost in losses[:_NAMED])
        if len(losses) > _NAMED:
            listed += f", {format_time(sum(lost for _, lost in losses[_NAMED:]))} smaller ones"
        text += f". Lost: {listed}. {_ADVICE[losses[0][0]]}".rstrip()
    else:
        text += f"; no loss was larger than {_WORTH:.0%}."
    if report.core is None:
        text += " How long tasks waited for a core is unknown."
    if report.lock is None:
        text += " How long tasks waited for the interpreter lock is unknown."
    if base is not None and base is not report and report.work > base.work * (1 + _SAME):
        text += (
            f" The tasks themselves took {format_time(report.work)}, "
            f"{times(report.work / base.work)} as long as in {base.name}, "
            "as happens when workers share cores, caches and memory."
        )
    return text


def _losses(report: Report) -> list[tuple[str, float]]:
    """Return the losses worth a word, largest first."""
    spent = report.account._asdict()
    worth = _WORTH * report.account.total
    found = [(name, spent[name]) for name in LOSSES if spent[name] > worth]
    return sorted(found, key=lambda pair: -pair[1])


def _find(reports: Sequence[Report], scheduler: str) -> Report | None:
    return next((each for each in reports if each.scheduler == scheduler and each.complete), None)


def _versus(reports: Sequence[Report]) -> str:
    threads, processes = _find(reports, "threads"), _find(reports, "processes")
    if threads is None:
        return "Unknown: no complete run with threads."
    if processes is None:
        text = "Unknown: no complete run with processes."
        if threads.lock is None or not threads.in_tasks:
            return text
        share = threads.lock / threads.in_tasks
        return (
            f"{text} Threads spent {share:.0%} of their time in tasks waiting for the interpreter "
            f"lock, which is the most that processes could save of it."
        )
    ours = processes.wall if processes.elapsed is None else processes.elapsed
    theirs = threads.wall if threads.elapsed is None else threads.elapsed
    ratio = ours / theirs if theirs else 1.0
    if abs(ratio - 1) <= _SAME:
        verdict = "about as long as"
    elif ratio > 1:
        verdict = f"{times(ratio)} as long as"
    else:
        verdict = f"{ratio:.0%} of the time of"
    text = f"Processes took {format_time(ours)}, {verdict} threads with {format_time(theirs)}."
    more, less = _differences(processes, threads)
    if more:
        text += f" Per worker they spent more on {_listed(more)}."
    if less:
        text += f" They spent less on {_listed(less)}."
    moved = sum(cost.get("nbytes", 0) for cost in processes.costs.values())
    if moved:
        text += f" Between processes went {format_bytes(moved)}."
    return text


def _differences(
    processes: Report, threads: Report
) -> tuple[list[tuple[str, float]], list[tuple[str, float]]]:
    """Return what processes spent more on per worker than threads, and less, in seconds."""
    names = {
        "computing": "the tasks' own computing",
        "blocked": "tasks that were off the processor",
        **LOSSES,
    }
    ours, theirs = processes.account._asdict(), threads.account._asdict()
    changes = [
        (words, ours[name] / processes.workers - theirs[name] / threads.workers)
        for name, words in names.items()
    ]
    changes.append(
        ("planning and what else is outside the run", processes.outside - threads.outside)
    )
    worth = _WORTH * max(processes.wall, threads.wall)
    changes = sorted([each for each in changes if abs(each[1]) > worth], key=lambda c: -abs(c[1]))
    return (
        [change for change in changes if change[1] > 0],
        [(words, -seconds) for words, seconds in changes if seconds < 0],
    )


def _listed(changes: Sequence[tuple[str, float]]) -> str:
    return ", ".join(f"{words} ({format_time(seconds)})" for words, seconds in changes)
