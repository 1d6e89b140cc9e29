"""pandas and xarray: the values and labels, whatever they are stored as."""

from __future__ import annotations

import pickle
import threading
from typing import Any

import pytest

from treadle.errors import TokenizationError
from treadle.graph.tokens import tokenize

np = pytest.importorskip("numpy")
pd = pytest.importorskip("pandas")

MAKERS: dict[str, Any] = {
    "ints": lambda: pd.Series([1, 2, 3]),
    "other ints": lambda: pd.Series([1, 2, 4]),
    "small ints": lambda: pd.Series([1, 2, 3], dtype="int8"),
    "floats": lambda: pd.Series([1, 2, 3.0]),
    "named": lambda: pd.Series([1, 2, 3], name="n"),
    "labelled": lambda: pd.Series([1, 2, 3], index=["a", "b", "c"]),
    "nullable": lambda: pd.Series([1, 2, 3], dtype="Int64"),
    "nulls": lambda: pd.Series([1, 2, None], dtype="Int64"),
    "nullable bools": lambda: pd.Series([True, None], dtype="boolean"),
    "nullable floats": lambda: pd.Series([1.5, None], dtype="Float64"),
    "objects": lambda: pd.Series([{"a", "b"}, None, 1], dtype=object),
    "texts": lambda: pd.Series(["a", "bc", None]),
    "python texts": lambda: pd.Series(["a", "bc", None], dtype="string[python]"),
    "categories": lambda: pd.Series(["a", "b"], dtype="category"),
    "ordered": lambda: pd.Series(pd.Categorical(["a", "b"], ordered=True)),
    "dates": lambda: pd.Series(pd.date_range("2020", periods=3)),
    "dates in a zone": lambda: pd.Series(pd.date_range("2020", periods=3, tz="Europe/Paris")),
    "dates by the second": lambda: pd.Series(pd.date_range("2020", periods=3).as_unit("s")),
    "durations": lambda: pd.Series(pd.to_timedelta([1, 2], "s")),
    "periods": lambda: pd.Series(pd.period_range("2020", periods=3, freq="M")),
    "intervals": lambda: pd.Series(pd.interval_range(0, 3)),
    "closed intervals": lambda: pd.Series(pd.interval_range(0, 3, closed="both")),
    "sparse": lambda: pd.Series(pd.arrays.SparseArray([0, 0, 1])),
    "index": lambda: pd.Index([1, 2, 4]),
    "named index": lambda: pd.Index([1, 2, 4], name="i"),
    "range index": lambda: pd.RangeIndex(3),
    "date index": lambda: pd.date_range("2020", periods=3),
    "date index without frequency": lambda: pd.DatetimeIndex(
        list(pd.date_range("2020", periods=3))
    ),
    "multi index": lambda: pd.MultiIndex.from_product([[1, 2], ["a", "b"]]),
    "named multi index": lambda: pd.MultiIndex.from_product([[1, 2], ["a", "b"]], names=["x", "y"]),
    "frame": lambda: pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}),
    "frame in another order": lambda: pd.DataFrame({"b": ["x", "y"], "a": [1, 2]}),
    "frame without rows": lambda: pd.DataFrame({"a": [], "b": []}),
    "frame without columns": lambda: pd.DataFrame(index=[1, 2]),
    "timestamp": lambda: pd.Timestamp("2020-01-01"),
    "timestamp in a zone": lambda: pd.Timestamp("2020-01-01", tz="UTC"),
    "timedelta": lambda: pd.Timedelta(1, "s"),
    "period": lambda: pd.Period("2020-01", "M"),
    "interval": lambda: pd.Interval(0, 1),
    "NA": lambda: pd.NA,
    "NaT": lambda: pd.NaT,
    "offset": lambda: pd.offsets.BusinessDay(2),
    "other offset": lambda: pd.offsets.BusinessDay(3),
    "category dtype": lambda: pd.CategoricalDtype(["a", "b"]),
    "dtype": lambda: pd.Int64Dtype(),
}


@pytest.mark.parametrize("name", MAKERS)
def test_the_same_values_have_the_same_token(name: str) -> None:
    value = MAKERS[name]()
    token = tokenize(value)
    assert tokenize(MAKERS[name]()) == token
    assert tokenize(pickle.loads(pickle.dumps(value))) == token
    if hasattr(value, "copy"):
        assert tokenize(value.copy()) == token
    assert repr(value)  # looking at it fills caches
    assert not isinstance(value, pd.Index) or value.is_unique
    assert tokenize(value) == token


def test_other_values_have_other_tokens() -> None:
    tokens = {name: tokenize(make()) for name, make in MAKERS.items()}
    assert len(set(tokens.values())) == len(tokens)


def test_how_a_frame_is_laid_out_is_no_content() -> None:
    whole = pd.DataFrame(np.arange(12.0).reshape(4, 3), columns=list("abc"))
    built = pd.DataFrame({name: whole[name].to_numpy().copy() for name in whole})
    pieces = pd.concat([whole[["a"]], whole[["b", "c"]]], axis=1)
    assert tokenize(whole) == tokenize(built) == tokenize(pieces)
    assert tokenize(whole.iloc[::2]) == tokenize(whole.iloc[::2].copy())
    changed = whole.copy()
    changed.loc[2, "b"] += 1
    assert tokenize(changed) != tokenize(whole)


def test_attributes_and_flags_are_content() -> None:
    frame = pd.DataFrame({"a": [1]})
    plain = tokenize(frame)
    frame.attrs["unit"] = "m"
    marked = tokenize(frame)
    assert len({plain, marked, tokenize(frame.set_flags(allows_duplicate_labels=False))}) == 3


def test_duplicate_and_odd_column_names() -> None:
    twice = pd.DataFrame([[1, 2]], columns=["a", "a"])
    assert tokenize(twice) == tokenize(twice.copy())
    assert tokenize(twice) != tokenize(pd.DataFrame([[2, 1]], columns=["a", "a"]))
    odd = pd.DataFrame([[1, 2]], columns=["nbytes", "__treadle_tokenize__"])
    assert tokenize(odd) == tokenize(odd.copy())


def test_what_a_mask_hides_is_no_content() -> None:
    hidden = pd.array([1, 2, 3], dtype="Int64")
    hidden[1] = pd.NA
    assert tokenize(hidden) == tokenize(pd.array([1, None, 3], dtype="Int64"))


def test_unused_levels_are_no_content() -> None:
    index = pd.MultiIndex.from_product([[1, 2, 3], ["a", "b"]])
    part = index[2:4]
    assert list(part.levels[0]) != list(part.remove_unused_levels().levels[0])
    assert tokenize(part) == tokenize(part.remove_unused_levels())


def test_columns_of_arrow() -> None:
    pytest.importorskip("pyarrow")
    values = pd.array([1.5, None, 2.5], dtype="double[pyarrow]")
    assert tokenize(values[1:]) == tokenize(pd.array([None, 2.5], dtype="double[pyarrow]"))
    texts = pd.Series(["a", None, "b"], dtype="string[pyarrow]")
    joined = pd.concat([texts[:1], texts[1:]])
    assert tokenize(joined.array) == tokenize(texts.array)


def test_objects_in_a_column_are_found_by_the_path() -> None:
    with pytest.raises(TokenizationError, match=r"content of 'DataFrame'.*: _thread.lock"):
        tokenize(pd.DataFrame({"a": [threading.Lock()]}))


def test_xarray() -> None:
    xr = pytest.importorskip("xarray")

    def dataset(last: float, unit: str = "K") -> Any:
        values = ("x", [1.0, last], {"unit": unit})
        return xr.Dataset({"t": values, "s": 1}, coords={"x": ["a", "b"]}, attrs={"k": 1})

    values = [dataset(2), dataset(3), dataset(2, "C"), dataset(2).t, dataset(2).t.variable]
    assert len({tokenize(value) for value in values}) == 5
    for value in values:
        token = tokenize(value)
        assert tokenize(value.copy(deep=True)) == token
        assert repr(value)
        assert tokenize(value) == tokenize(pickle.loads(pickle.dumps(value))) == token
    assert tokenize(dataset(2)) == tokenize(dataset(2))
