"""Contents of pandas objects.

Laws: a frame is its columns, one by one, with index, names, attributes and flags; how pandas lays
its blocks out does not count. What a mask hides does not count. A MultiIndex is its labels, not
the levels and codes it stores them as.
"""

from __future__ import annotations

from typing import Any

from treadle.graph.tokens.numpy_types import describe_array
from treadle.graph.tokens.objects import normalize_token
from treadle.graph.tokens.registry import Register


def _extras(obj: Any) -> Any:
    metadata = {name: getattr(obj, name, None) for name in type(obj)._metadata}
    return dict(obj.attrs), obj.flags.allows_duplicate_labels, metadata


@normalize_token.register_lazy("pandas")
def _(register: Register) -> None:
    import numpy as np
    import pandas as pd

    @register(pd.DataFrame)
    def _(obj: Any) -> Any:
        columns = [column.array for _, column in obj.items()]
        return obj.columns, obj.index, columns, _extras(obj)

    @register(pd.Series)
    def _(obj: Any) -> Any:
        return obj.array, obj.index, obj.name, _extras(obj)

    @register(pd.Index)
    def _(obj: Any) -> Any:
        return obj.array, list(obj.names), getattr(obj, "freq", None)

    @register(pd.RangeIndex)
    def _(obj: Any) -> Any:
        return obj.start, obj.stop, obj.step, obj.name

    @register(pd.MultiIndex)
    def _(obj: Any) -> Any:
        labels = [obj.get_level_values(level).array for level in range(obj.nlevels)]
        return labels, list(obj.names)

    @register(pd.Categorical)
    def _(obj: Any) -> Any:
        return obj.codes, obj.categories, obj.ordered

    @register(pd.api.extensions.ExtensionDtype)
    def _(obj: Any) -> Any:
        # What pandas compares dtypes by. They also keep what was once derived from it.
        return [getattr(obj, name, None) for name in obj._metadata]

    arrays: Any = pd.arrays

    @register(arrays.NumpyExtensionArray)
    def _(obj: Any) -> Any:
        return obj.dtype, describe_array(np.asarray(obj))

    @register(arrays.DatetimeArray, arrays.TimedeltaArray, arrays.PeriodArray)
    def _(obj: Any) -> Any:
        return obj.dtype, obj.asi8  # the frequency, if any, is with the index

    @register(arrays.IntegerArray, arrays.FloatingArray, arrays.BooleanArray)
    def _(obj: Any) -> Any:
        hidden = np.asarray(obj._mask)
        return obj.dtype, np.where(hidden, obj.dtype.type(0), obj._data), hidden

    @register(arrays.IntervalArray)
    def _(obj: Any) -> Any:
        return obj.left, obj.right, obj.closed

    @register(arrays.SparseArray)
    def _(obj: Any) -> Any:
        return obj.dtype, len(obj), obj.sp_index.indices, obj.sp_values

    @register(arrays.ArrowExtensionArray)
    def _(obj: Any) -> Any:
        return obj.dtype, obj.__arrow_array__()
