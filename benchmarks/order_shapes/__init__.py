"""The graph shapes of the order corpus, one file per family."""
