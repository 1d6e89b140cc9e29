"""Contents of xarray objects.

Laws: a variable is its dimensions, data, attributes and encoding; arrays and datasets are their
variables, indexes and names. Reading an object fills in what was empty and keeps accessors, and
none of that counts. Data that is still in a file is not read: it is what describes it.
"""

from __future__ import annotations

import importlib
from typing import Any

from treadle.graph.tokens.objects import normalize_token
from treadle.graph.tokens.registry import Register


@normalize_token.register_lazy("xarray")
def _(register: Register) -> None:
    xr: Any = importlib.import_module("xarray")

    @register(xr.Variable)
    def _(obj: Any) -> Any:
        return obj.dims, obj._data, obj.attrs, obj.encoding

    @register(xr.DataArray)
    def _(obj: Any) -> Any:
        coordinates = {name: coordinate.variable for name, coordinate in obj.coords.items()}
        return obj.variable, coordinates, dict(obj.xindexes), obj.name

    @register(xr.Dataset)
    def _(obj: Any) -> Any:
        content = dict(obj.variables), set(obj.coords), dict(obj.xindexes)
        return content, obj.attrs, obj.encoding
