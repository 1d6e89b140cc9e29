"""The examples of the page about ``explain`` run and show what the page says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "explain.md"


def test_the_examples_of_the_page_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = PAGE.read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == 2
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    names: dict[str, Any] = {"__name__": "page"}
    for block in blocks:
        exec(block, names)
    printed = capsys.readouterr().out
    (before,) = re.findall(r"```\n(Before running.*?)```", text, re.DOTALL)
    assert before.strip() in printed
    assert "expected time" in printed and "inc x1,000, sum x1" in printed
