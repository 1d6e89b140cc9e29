"""treadle runs Python work graphs in parallel and within memory."""

__version__ = "0.1.0"
