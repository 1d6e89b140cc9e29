"""Runs the benchmarks and writes ``table.md`` and ``results.json``: ``make bench``.

    python benchmarks/run.py                        all of it, about ten minutes
    python benchmarks/run.py --only sync threads    some groups (``--list`` names them)
    python benchmarks/run.py --quick                everything small: to try the benchmarks

The interpreter needs treadle, and the peers that shall be compared; a peer that is missing gets
"not installed" in its cells.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

if __name__ == "__main__":  # run as a file: the folder above is not on the path yet
    root = Path(__file__).resolve().parents[1]
    sys.path[:0] = [str(root), str(root / "src")]

from benchmarks.measure import ROOT, measure_group
from benchmarks.model import TREADLE, Group, Outcome, Run
from benchmarks.report import write
from benchmarks.rows import groups


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run treadle and its peers side by side.")
    parser.add_argument("--only", nargs="+", metavar="GROUP", help="measure these groups only")
    parser.add_argument("--list", action="store_true", help="name the groups and their runs")
    parser.add_argument("--quick", action="store_true", help="small graphs, one round")
    parser.add_argument("--repeat", type=int, help="rounds of every run (5; 1 with --quick)")
    parser.add_argument("--minutes", type=float, default=11.0, help="then no further rounds (11)")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "results")
    options = parser.parse_args(arguments)
    known = [group.name for group in groups()]
    for name in options.only or ():
        if name not in known:
            parser.error(f"there is no group {name!r}: the groups are {', '.join(known)}")
    if options.repeat is not None and options.repeat < 1:
        parser.error(f"--repeat {options.repeat}: measure at least one round")
    return options


def show(chosen: Sequence[Group]) -> None:
    for group in chosen:
        print(f"{group.name}: {group.title}")
        for run in group.runs():
            print(f"    {run}")


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse(arguments)
    chosen = [
        group for group in groups(options.quick) if not options.only or group.name in options.only
    ]
    if options.list:
        show(chosen)
        return 0
    rounds = options.repeat or (1 if options.quick else 5)
    begun = monotonic()
    deadline = begun + 60 * options.minutes

    def report(text: str) -> None:
        spent = int(monotonic() - begun)
        print(f"[{spent // 60:2}:{spent % 60:02}] {text}", flush=True)

    outcomes: dict[Run, Outcome] = {}
    for group in chosen:
        outcomes |= measure_group(group, rounds, deadline, report)
    table, data = write(options.output, chosen, outcomes, rounds)
    print(f"\n{table.read_text(encoding='utf-8')}")
    report(f"done; written to {table.name} and {data.name}")
    failed = [
        str(run)
        for run, outcome in outcomes.items()
        if run.library == TREADLE and outcome.nothing and outcome.nothing.failed
    ]
    for name in failed:
        print(f"treadle itself failed, see above: {name}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
