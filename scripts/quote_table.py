"""Copies a benchmark table into README.md, between the two markers: quote_table.py TABLE README.

What stands between the markers is replaced, nothing else is touched, so the README always quotes
one whole run and never a mix of two.
"""

from __future__ import annotations

import sys
from pathlib import Path

START = "<!-- bench:start -->"
END = "<!-- bench:end -->"


def quote(readme: str, table: str) -> str:
    """Return `readme` with `table` as the only text between the markers."""
    for marker in (START, END):
        if readme.count(marker) != 1:
            raise ValueError(
                f"the marker {marker} must stand in the text exactly once, "
                f"found {readme.count(marker)} times"
            )
    before, rest = readme.split(START)
    if END not in rest:
        raise ValueError(f"the marker {END} stands before {START}; swap them")
    after = rest.split(END)[1]
    return f"{before}{START}\n\n{table.strip()}\n\n{END}{after}"


def main(table: str, readme: str) -> None:
    """Rewrite the file `readme` in place."""
    target = Path(readme)
    text = quote(target.read_text(encoding="utf-8"), Path(table).read_text(encoding="utf-8"))
    target.write_text(text, encoding="utf-8")
    print(f"{readme} now quotes {table}.")


if __name__ == "__main__":
    main(*sys.argv[1:])
