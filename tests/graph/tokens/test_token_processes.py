"""The same content gives the same token in every process and under every hash seed."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

CORPUS = Path(__file__).parent / "corpus.py"


def tokens_here() -> dict[str, str]:
    tokens: dict[str, str] = runpy.run_path(str(CORPUS))["tokens"]()
    return tokens


@pytest.mark.processes
@pytest.mark.parametrize("seed", ["0", "1"])
def test_tokens_are_the_same_in_another_process(seed: str) -> None:
    # There the classes and functions belong to the main program, here they do not.
    search = os.pathsep.join(path for path in sys.path if path)
    output = subprocess.run(
        [sys.executable, str(CORPUS)],
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": search},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    there: dict[str, str] = json.loads(output)
    here = tokens_here()
    assert len(here) > 500
    assert {name for name in here if here[name] != there[name]} == set()
    assert here.keys() == there.keys()


def test_tokens_of_different_values_differ() -> None:
    here = tokens_here()
    assert len(set(here.values())) == len(here)
