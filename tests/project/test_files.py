"""Laws about the files of the repository: length, leftovers, and links between pages."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOT_OURS = {"__pycache__", "build", "dist", "demo-output", "results"}

EXPLAIN_ABOVE = 500
REFUSE_ABOVE = 800

# A user name, or a folder below /tmp: such a path works on one machine only.
MACHINE_PATH = re.compile(r"(?<![\w.])/(home/\w|Users/\w|root/|work/|tmp/[\w.-]+/)|[A-Z]:\\Users\\")
MERGE_MARKER = re.compile(r"^(<{7}|>{7}|\|{7})( |$)", re.MULTILINE)


def files(suffix: str = "") -> Iterator[Path]:
    """Yield the files of the repository, without what git ignores."""
    for folder, subfolders, names in os.walk(ROOT):
        subfolders[:] = [
            name
            for name in sorted(subfolders)
            if name not in NOT_OURS and (not name.startswith(".") or name == ".ci")
        ]
        for name in sorted(names):
            if name.endswith(suffix) and name != ".git":
                yield Path(folder, name)


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def text_of(path: Path) -> str:
    """Return the text of a file, or nothing for a binary one."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def test_no_module_is_too_long(capsys: pytest.CaptureFixture[str]) -> None:
    lengths = {relative(path): len(text_of(path).splitlines()) for path in files(".py")}
    assert len(lengths) > 5
    long = {name: length for name, length in lengths.items() if length > EXPLAIN_ABOVE}
    if long:
        with capsys.disabled():
            print(f"\nFiles above {EXPLAIN_ABOVE} lines (refused above {REFUSE_ABOVE}):")
            for name, length in sorted(long.items(), key=lambda item: -item[1]):
                print(f"{length:6} {name}")
    refused = {name: length for name, length in long.items() if length > REFUSE_ABOVE}
    assert not refused, f"above {REFUSE_ABOVE} lines; split them along a real seam"


@pytest.mark.parametrize("pattern", [MACHINE_PATH, MERGE_MARKER], ids=["path", "merge"])
def test_nothing_is_left_over(pattern: re.Pattern[str]) -> None:
    found = [
        f"{relative(path)}: {match.group()!r}"
        for path in files()
        if path != Path(__file__)
        for match in pattern.finditer(text_of(path))
    ]
    assert not found


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        (MACHINE_PATH, "open('/home/ana/x')", True),
        (MACHINE_PATH, "/tmp/wt/project", True),
        (MACHINE_PATH, "see /tmp", False),
        (MACHINE_PATH, "docs/home/index.md", False),
        (MACHINE_PATH, "https://example.org/work/", False),
        (MERGE_MARKER, "a\n<<<<<<< HEAD\nb", True),
        (MERGE_MARKER, "a\n=======\nb", False),
    ],
)
def test_patterns(pattern: re.Pattern[str], text: str, matches: bool) -> None:
    assert bool(pattern.search(text)) is matches


def links(page: Path) -> Iterator[Path]:
    """Yield the files that a Markdown page links to."""
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text_of(page)):
        if "://" not in target and not target.startswith("mailto:"):
            yield (page.parent / target).resolve()


def test_links_between_pages_lead_somewhere() -> None:
    broken = [
        f"{relative(page)} -> {target}"
        for page in files(".md")
        for target in links(page)
        if not target.exists()
    ]
    assert not broken


def test_every_page_is_listed() -> None:
    listed = set(links(ROOT / "docs" / "index.md"))
    listed |= set(links(ROOT / "docs" / "design" / "README.md"))
    pages = {page for page in files(".md") if relative(page).startswith("docs/")}
    missing = sorted(relative(page) for page in pages - listed - {ROOT / "docs" / "index.md"})
    assert not missing, "add them to docs/index.md, or docs/design/README.md for a decision"
