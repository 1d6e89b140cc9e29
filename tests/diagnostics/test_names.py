"""The public names of ``treadle.diagnostics``."""

from __future__ import annotations

import pkgutil

import pytest

import treadle.diagnostics


def test_every_name_is_there() -> None:
    for name in treadle.diagnostics.__all__:
        assert callable(getattr(treadle.diagnostics, name))
        assert name in dir(treadle.diagnostics)


def test_no_module_hides_a_name() -> None:
    # Importing a module binds its name in the package, over whatever was there.
    modules = {module.name for module in pkgutil.iter_modules(treadle.diagnostics.__path__)}
    assert modules.isdisjoint(treadle.diagnostics.__all__)


def test_other_names_are_not() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = treadle.diagnostics.nothing
