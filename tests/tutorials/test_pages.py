"""The Python blocks of the documentation run and give what the pages promise.

The blocks of a page share one namespace. A block of prompts is a doctest; any other block runs as
it is. ``<!-- program -->`` before a block marks a program of its own, which may start processes:
what its comments behind ``print`` promise must appear in this order.
"""

from __future__ import annotations

import doctest
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.project.test_readme import promised_lines
from tests.tutorials.programs import ROOT, run

DOCS = ROOT / "docs"
PAGES = ["collections", "delayed", "graph", "schedulers", "tutorial-schedulers"]
BLOCK = re.compile(r"(<!-- program -->\n)?^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A block of code, and the line of its page on which it begins."""

    program: bool
    line: int
    code: str


def blocks(page: str) -> list[Block]:
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    found = []
    for match in BLOCK.finditer(text):
        line = text.count("\n", 0, match.start(2)) + 1
        found.append(Block(match[1] is not None, line, match[2]))
    return found


PROGRAMS = [
    pytest.param(block.code, id=f"{page}-line-{block.line}")
    for page in PAGES
    for block in blocks(page)
    if block.program
]


@pytest.mark.parametrize("page", PAGES)
def test_the_blocks_of_a_page_run(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert blocks(page)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for block in blocks(page):
        if block.program:
            continue
        if block.code.startswith(">>>"):
            test = doctest.DocTestParser().get_doctest(
                block.code, namespace, page, f"docs/{page}.md", block.line - 1
            )
            wrong: list[str] = []
            runner.run(test, out=wrong.append, clear_globs=False)
            assert not wrong, "".join(wrong)
            namespace = test.globs
        else:
            exec(compile(block.code, f"docs/{page}.md", "exec"), namespace)


@pytest.mark.processes
@pytest.mark.parametrize("code", PROGRAMS)
def test_programs_print_what_they_promise(code: str, tmp_path: Path) -> None:
    promised = promised_lines(code)
    assert promised, "the program shows no result"
    script = tmp_path / "program.py"
    script.write_text(code, encoding="utf-8")
    done = run(script, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stdout.splitlines() if line in promised] == promised
