"""Notices that the user's modules have changed since workers imported them.

A warm worker keeps the modules it has imported. Somebody who edits a file, reloads it and computes
again must not get answers of the old code, so such a worker is replaced. Modules that are installed
(below the prefixes of this interpreter) are taken to stay as they are.
"""

from __future__ import annotations

import os
import sys

_PREFIXES = tuple(
    dict.fromkeys([os.path.realpath(prefix) + os.sep for prefix in (sys.prefix, sys.base_prefix)])
)
_verdicts: dict[str, bool] = {}  # per file: whether it is the user's


def times() -> dict[str, int]:
    """Return when the user's modules that are imported here were last changed, by file."""
    found: dict[str, int] = {}
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if type(file) is not str:
            continue
        users = _verdicts.get(file)
        if users is None:
            users = _verdicts[file] = not os.path.realpath(file).startswith(_PREFIXES)
        if users:
            try:
                found[file] = os.stat(file).st_mtime_ns
            except OSError:
                continue
    return found


def changed(before: dict[str, int], now: dict[str, int]) -> bool:
    """Whether a file known before is different now."""
    return any(now.get(file, time) != time for file, time in before.items())
