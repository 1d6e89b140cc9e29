"""The sentences, on figures that are given."""

from __future__ import annotations

from dataclasses import replace

from treadle.diagnostics.explain.accounting import Account
from treadle.diagnostics.explain.report import Failure, Report
from treadle.diagnostics.explain.tables import as_text, run_table
from treadle.diagnostics.explain.words import answers, reference

NOTHING = Account(*[0.0] * len(Account._fields))

SYNC = Report(
    name="sync",
    scheduler="sync",
    workers=1,
    complete=True,
    elapsed=8.0,
    wall=8.0,
    tasks=9,
    in_tasks=8.0,
    cpu=8.0,
    core=0.0,
    lock=0.0,
    work=8.0,
    span=1.0,
    path_labels=[("inc", 1), ("sum", 1)],
    makespan=8.0,
    account=NOTHING._replace(computing=8.0),
    costs={},
    functions={"inc": (8, 8.0), "sum": (1, 0.0)},
)
THREADS = replace(
    SYNC,
    name="threads",
    scheduler="threads",
    workers=2,
    elapsed=8.0,
    wall=8.0,
    in_tasks=15.5,
    lock=7.5,
    makespan=4.0,
    account=NOTHING._replace(computing=8.0, lock=7.5, scheduling=0.5),
)
PROCESSES = replace(
    SYNC,
    name="processes",
    scheduler="processes",
    workers=2,
    elapsed=6.0,
    wall=5.0,
    core=None,
    makespan=4.0,
    account=NOTHING._replace(computing=8.0, starting=1.2, pickling=0.8),
    costs={"pickle": {"seconds": 1.0, "nbytes": 2048, "count": 3}},
)


def test_the_four_answers_for_a_comparison() -> None:
    found = answers(None, [SYNC, THREADS, PROCESSES], workers=2, cores=2)
    possible, here, achieved, versus = [answer.text for answer in found]
    assert found[1].question == "How much with 2 workers?"
    assert possible == (
        "At most 8.00x. In a row, the tasks take 8.00 s (T1); the longest chain (inc > sum) takes "
        "1.00 s (T-infinity), however many workers there are."
    )
    assert here == (
        "At most 2.00x, that is 4.00 s; the workers set the limit. Without any cost besides the "
        "tasks, a run that keeps no worker idle while a task is ready takes at most 5.00 s "
        "(T1/p + T-infinity)."
    )
    assert achieved.split("\n") == [
        "sync: 1.00x, 8.00 s against 8.00 s for the tasks in a row. Of 8.00 s, tasks computed for "
        "8.00 s; no loss was larger than 2%.",
        "threads: 1.00x, 8.00 s against 8.00 s for the tasks of sync in a row. Of 2 x 8.00 s, "
        "tasks computed for 8.00 s. Lost: 7.50 s waiting for the interpreter lock, 500.00 ms "
        "scheduling. Pure Python code runs in one thread at a time; processes have a lock each.",
        "processes: 1.60x, 5.00 s against 8.00 s for the tasks of sync in a row. Of 2 x 5.00 s, "
        "tasks computed for 8.00 s. Lost: 1.20 s starting workers, 800.00 ms pickling. It is paid "
        "once: longer runs lose a smaller share. How long tasks waited for a core is unknown.",
    ]
    assert versus == (
        "Processes took 6.00 s, 75% of the time of threads with 8.00 s. Per worker they spent more "
        "on planning and what else is outside the run (1.00 s), starting workers (600.00 ms), "
        "pickling (400.00 ms). They spent less on waiting for the interpreter lock (3.75 s), "
        "scheduling (250.00 ms). Between processes went 2.00 kiB."
    )


def test_more_workers_than_cores_and_the_longest_chain_are_named() -> None:
    _, here, *_ = answers(None, [replace(THREADS, workers=16)], workers=2, cores=2)
    assert here.text.startswith("At most 8.00x, that is 1.00 s; the longest chain sets the limit.")
    assert "This process may use 2 cores" in here.text


def test_processes_without_a_run_are_judged_by_what_threads_waited() -> None:
    *_, versus = answers(None, [THREADS], workers=2, cores=2)
    assert versus.text == (
        "Unknown: no complete run with processes. Threads spent 48% of their time in tasks waiting "
        "for the interpreter lock, which is the most that processes could save of it."
    )


def test_what_was_not_measured_is_called_unknown() -> None:
    *_, achieved, versus = answers(None, [replace(THREADS, lock=None)], workers=2, cores=2)
    assert "waited for the interpreter lock is unknown" in achieved.text
    assert versus.text == "Unknown: no complete run with processes."


def test_tasks_that_slow_each_other_down_are_named() -> None:
    slower = replace(THREADS, work=12.0)
    *_, achieved, _ = answers(None, [SYNC, slower], workers=2, cores=2)
    assert "took 12.00 s, 1.50x as long as in sync" in achieved.text


def test_sync_stands_for_the_work_unless_it_broke_off() -> None:
    quick = replace(THREADS, work=1.0)
    assert reference([quick, SYNC]) is SYNC
    assert reference([quick, replace(SYNC, complete=False)]) is quick
    assert reference([]) is None


def test_the_table_has_a_column_per_run_and_says_why_one_is_missing() -> None:
    text = as_text(run_table("Runs", [SYNC, Failure("processes", "no"), THREADS], 8.0))
    lines = text.splitlines()
    assert lines[1].split() == ["sync", "processes", "threads"]
    assert next(line.split() for line in lines if "workers  " in line) == ["workers", "1", "-", "2"]
    (lock,) = [line for line in lines if "waiting for the lock" in line]
    assert lock.split()[-6:] == ["0", "s", "-", "7.50", "s", "47%"]
    assert lines[-1] == "  processes failed: no"
