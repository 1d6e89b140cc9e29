"""Content tokens: the same hash for the same content, in every process and on every run. Ring 0."""

from treadle.graph.tokens import arrow_types, numpy_types, pandas_types, stdlib_types, xarray_types
from treadle.graph.tokens.objects import normalize_token
from treadle.graph.tokens.registry import TypeRegistry
from treadle.graph.tokens.token import token_of, tokenize

__all__ = [
    "TypeRegistry",
    "arrow_types",
    "normalize_token",
    "numpy_types",
    "pandas_types",
    "stdlib_types",
    "token_of",
    "tokenize",
    "xarray_types",
]
