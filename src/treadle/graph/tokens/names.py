"""Which objects are known by their import name, in every process.

Law: a name is only used when looking it up gives back the very object. What the main program
defines has no such name: another process may run another main program.
"""

from __future__ import annotations

import sys
from types import ModuleType

_MAIN = frozenset({"__main__", "__mp_main__"})

# Modules that moved between Python versions without a change of what they hold.
_MOVED = {"pathlib._local": "pathlib"}


def lookup(module: object, name: object) -> object:
    """Find what ``module.name`` is right now; None when there is no such thing."""
    if not isinstance(module, str) or not isinstance(name, str) or module in _MAIN:
        return None
    found: object = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def spell(module: str, name: str) -> str:
    """Write an import name."""
    return f"{_MOVED.get(module, module)}:{name}"


def import_name(obj: object) -> str | None:
    """Return ``module:qualified.name`` when `obj` can be found under it, else None.

    Examples
    --------
    >>> import_name(dict.fromkeys), import_name(print), import_name(lambda: 0)
    (None, 'builtins:print', None)
    """
    module = getattr(obj, "__module__", None)
    name = getattr(obj, "__qualname__", None)
    found = lookup(module, name)
    # The functions of a class are found bound when they are class methods.
    if found is not None and (found is obj or getattr(found, "__func__", None) is obj):
        return spell(str(module), str(name))
    return None


def class_name(cls: type) -> str | None:
    """Return the import name of a class, also of the built-in ones that no module shows."""
    name = import_name(cls)
    if name is None and not cls.__flags__ & _HEAP_TYPE and cls.__module__ not in _MAIN:
        name = spell(cls.__module__, cls.__qualname__)
    return name


def module_name(module: ModuleType) -> str:
    """Return the name that a module is imported by."""
    spec = getattr(module, "__spec__", None)
    return str(getattr(spec, "name", None) or module.__name__)


_HEAP_TYPE = 1 << 9  # set on classes made while the program runs (Py_TPFLAGS_HEAPTYPE)
