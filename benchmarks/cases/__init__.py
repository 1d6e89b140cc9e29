"""The measurements: one file per subject, one small function per library.

Each runs in an interpreter of its own: ``python -m benchmarks.cases.graphs treadle tree 50000
sync`` from the repository's root prints what it measured as one line of JSON.
"""
