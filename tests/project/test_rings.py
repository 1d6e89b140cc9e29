"""Imports point inward only, and ring 0 has no effects.

- Every import in `src/treadle` is an arrow, wherever it stands: at the top, inside a function, as a
  literal in `import_module`. An arrow from a lower ring to a higher one fails the test.
- Imports under `if TYPE_CHECKING` count as arrows between rings too: an inner ring whose signatures
  name outer types cannot be understood alone. Naming a type of an outside library has no effect,
  so these imports are exempt from the list of effects.
- A package that `RINGS` does not name fails the test until somebody decides where it belongs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = Path(__file__).parents[2] / "src" / "treadle"

# The map. `__init__` and `__main__` are the modules that stand directly in the package and gather
# the public names.
RINGS = {
    # 0, pure: no I/O, no clock, no randomness, no threads
    "errors": 0,
    "graph": 0,
    "units": 0,
    # 1, shell: turns effects into real things
    "config": 1,
    "local": 1,
    "serialize": 1,
    "store": 1,
    # 2, surface: what people touch
    "__init__": 2,
    "__main__": 2,
    "callbacks": 2,
    "cli": 2,
    "collection": 2,
    "delayed": 2,
    "diagnostics": 2,
    "multiprocessing": 2,
    "threaded": 2,
    "tokens": 2,
}

# What ring 0 may not import. `datetime` and `pathlib` are missing on purpose: ring 0 hashes their
# values. So are numpy and pandas, which it knows as types.
EFFECTS = {
    "files and streams": "fileinput glob io linecache logging mmap os shutil sqlite3 tempfile",
    "clocks": "sched time timeit",
    "randomness": "random secrets uuid",
    "threads": "_thread concurrent queue threading",
    "event loops": "asyncio select selectors",
    "processes": "ctypes multiprocessing platform signal subprocess",
    "network": "ftplib http smtplib socket socketserver ssl urllib webbrowser",
    "libraries with effects": "click fsspec psutil rich",
}
FORBIDDEN = {module: kind for kind, modules in EFFECTS.items() for module in modules.split()}
# Of these modules, the types of values that ring 0 hashes.
VALUE_TYPES = {"uuid.UUID"}
# What the permitted modules could still do: calls by name, and methods of paths and dates.
FORBIDDEN_CALLS = {"breakpoint", "input", "open", "print"}
FORBIDDEN_METHODS = {
    "now",
    "read_bytes",
    "read_text",
    "today",
    "utcnow",
    "write_bytes",
    "write_text",
}


class Import(NamedTuple):
    """One imported name, as a dotted path from the top."""

    line: int
    target: str
    type_only: bool


class ImportReader(ast.NodeVisitor):
    """Collects what one module imports and which effectful built-ins it calls."""

    def __init__(self, package: str) -> None:
        self.package = package.split(".")
        self.imports: list[Import] = []
        self.calls: list[tuple[int, str]] = []
        self.type_only = False

    def add(self, node: ast.stmt | ast.expr, target: str) -> None:
        self.imports.append(Import(node.lineno, target, self.type_only))

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            self.type_only = True
            for statement in node.body:
                self.visit(statement)
            self.type_only = False
            for statement in node.orelse:
                self.visit(statement)
        else:
            self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self.add(node, alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        base = self.package[: len(self.package) - node.level + 1] if node.level else []
        source = [*base, node.module] if node.module else base
        for alias in node.names:
            self.add(node, ".".join([*source, alias.name]))

    def visit_Call(self, node: ast.Call) -> None:
        called = ast.unparse(node.func)
        if called in FORBIDDEN_CALLS or (
            isinstance(node.func, ast.Attribute) and node.func.attr in FORBIDDEN_METHODS
        ):
            self.calls.append((node.lineno, called))
        if called in ("__import__", "import_module", "importlib.import_module"):
            match node.args:
                case [ast.Constant(value=str(target)), *_]:
                    self.add(node, target)
        self.generic_visit(node)


def violations(package: Path) -> Iterator[str]:
    """Yield one line for each broken rule in the package `treadle` that stands at `package`."""
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        place = path.relative_to(package.parent).as_posix()
        home = parts[0]
        if home not in RINGS:
            yield (
                f"{place}: {home!r} is in no ring. Decide what it may import and add it to RINGS "
                f"in tests/project/test_rings.py: 0 pure, 1 shell, 2 surface."
            )
            continue
        ring = RINGS[home]
        reader = ImportReader(".".join(["treadle", *parts[:-1]]))
        reader.visit(ast.parse(path.read_text(encoding="utf-8"), str(path)))

        for line, target, type_only in reader.imports:
            top, _, rest = target.partition(".")
            if top == "treadle":
                # A name that the map does not know is defined by the package's __init__.
                name = rest.partition(".")[0]
                there = name if name in RINGS else "__init__"
                if RINGS[there] > ring:
                    yield (
                        f"{place}:{line}: {home} (ring {ring}) imports {target} "
                        f"(ring {RINGS[there]}). Imports point inward only: move the code, or hand "
                        f"the value in as an argument."
                    )
            elif ring == 0 and top in FORBIDDEN and target not in VALUE_TYPES and not type_only:
                yield (
                    f"{place}:{line}: {home} is in ring 0, which is pure, and imports {top} "
                    f"({FORBIDDEN[top]}). Move the effect to ring 1 and hand its result in."
                )
        if ring == 0:
            for line, called in reader.calls:
                yield (
                    f"{place}:{line}: {home} is in ring 0, which is pure, and calls {called}(). "
                    f"Move the effect to ring 1."
                )


def test_every_import_points_inward() -> None:
    found = list(violations(PACKAGE))
    assert not found, "\n".join(["", *found])


def test_the_whole_package_was_read() -> None:
    assert {"errors", "graph", "local", "__init__"} <= {path.stem for path in PACKAGE.iterdir()}


def tree(root: Path, files: dict[str, str]) -> Path:
    """Write a small package named treadle below `root`."""
    package = root / "treadle"
    empty = ("__init__.py", "graph/__init__.py", "graph/passes/__init__.py", "local/__init__.py")
    for name, text in {**dict.fromkeys(empty, ""), "delayed.py": "", **files}.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return package


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("graph/plan.py", "import treadle.local", "imports treadle.local (ring 1)"),
        ("graph/plan.py", "from treadle import local", "imports treadle.local (ring 1)"),
        ("graph/plan.py", "from treadle.local.sync import run", "treadle.local.sync.run (ring 1)"),
        ("graph/plan.py", "from ..local import sync", "imports treadle.local.sync (ring 1)"),
        ("graph/passes/fuse.py", "from ...delayed import x", "imports treadle.delayed.x (ring 2)"),
        ("graph/__init__.py", "from .. import delayed", "imports treadle.delayed (ring 2)"),
        ("errors.py", "from . import local", "imports treadle.local (ring 1)"),
        ("local/sync.py", "from treadle import __version__", "treadle.__version__ (ring 2)"),
        ("local/sync.py", "import treadle", "imports treadle (ring 2)"),
        (
            "local/sync.py",
            "def f():\n    import treadle.delayed",
            "local/sync.py:2: local (ring 1)",
        ),
        ("local/sync.py", "import_module('treadle.delayed')", "imports treadle.delayed (ring 2)"),
        (
            "graph/plan.py",
            "if TYPE_CHECKING:\n    from treadle.local import Observer",
            "imports treadle.local.Observer (ring 1)",
        ),
        ("graph/plan.py", "import os.path", "imports os (files and streams)"),
        ("graph/plan.py", "def f():\n    from time import sleep", "plan.py:2: graph is in ring 0"),
        ("graph/plan.py", "if TYPE_CHECKING:\n    pass\nelse:\n    import os", "imports os"),
        ("graph/plan.py", "def f(x):\n    return open(x)", "calls open()"),
        ("graph/plan.py", "def f(x):\n    return x.read_text()", "calls x.read_text()"),
        ("graph/plan.py", "datetime.now()", "calls datetime.now()"),
        ("graph/plan.py", "from uuid import uuid4", "imports uuid (randomness)"),
        ("errors.py", "import random", "imports random (randomness)"),
        ("novel/__init__.py", "", "'novel' is in no ring"),
        ("novel.py", "", "'novel' is in no ring"),
    ],
)
def test_a_violation_is_found(tmp_path: Path, name: str, text: str, expected: str) -> None:
    (found,) = violations(tree(tmp_path, {name: text}))
    assert f"treadle/{name}" in found
    assert expected in found


def test_inward_imports_pass(tmp_path: Path) -> None:
    package = tree(
        tmp_path,
        {
            "__init__.py": "from treadle.delayed import delayed",
            "delayed.py": "import time\nfrom treadle import __version__\nfrom .local import sync",
            "local/sync.py": "import threading\nfrom ..graph.plan import Plan\nfrom . import other",
            "graph/plan.py": (
                "from typing import TYPE_CHECKING\nimport numpy\nfrom datetime import date\n"
                "from uuid import UUID\nfrom pathlib import PurePath\n"
                "from treadle import errors\nfrom .passes import fuse\n"
                "if TYPE_CHECKING:\n    from os import PathLike"
            ),
            "errors.py": "",
        },
    )
    assert list(violations(package)) == []
