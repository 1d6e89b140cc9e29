"""Runs a notebook in a kernel of its own and prints it with its outputs, as JSON.

    python execute.py NOTEBOOK PARAMETERS [CODE ...]

PARAMETERS replaces the source of the cell that is tagged "parameters"; each CODE becomes a cell at
the end. A program, so that the event loop and the sockets of the kernel's client stay out of the
process that runs the tests.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import nbclient

nbformat: Any = import_module("nbformat")  # its functions have no types


def main(notebook: str, parameters: str, *more: str) -> None:
    cells = nbformat.read(notebook, as_version=4)
    (cell,) = [cell for cell in cells.cells if "parameters" in cell.metadata.get("tags", ())]
    cell.source = parameters
    cells.cells += [nbformat.v4.new_code_cell(source) for source in more]
    where = {"metadata": {"path": str(Path(notebook).parent)}}
    nbclient.NotebookClient(cells, timeout=120, kernel_name="python3", resources=where).execute()
    print(nbformat.writes(cells))


if __name__ == "__main__":
    main(*sys.argv[1:])
