"""Functions registered per type, also for libraries that are not imported yet.

Laws: the most specific class in the MRO wins; what is registered for a class directly goes before
what is registered lazily for it; a lazy registration runs the first time a type of its package is
met, so nothing is imported only to be registered, and becomes visible as a whole.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar
from weakref import WeakKeyDictionary

R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., Any])


class Register(Protocol):
    """What a lazy registration is given: use it as ``@register(SomeType)``."""

    def __call__(self, *types: type) -> Callable[[F], F]: ...


L = TypeVar("L", bound=Callable[[Register], object])


class TypeRegistry(Generic[R]):
    """Chooses a function by the type of an object.

    Parameters
    ----------
    name
        What the registry is called in error texts.

    Examples
    --------
    >>> describe = TypeRegistry[str]("describe")
    >>> @describe.register(int)
    ... def _(obj):
    ...     return f"the number {obj}"
    >>> describe.find(bool)(True)  # bool is a subclass of int
    'the number True'
    >>> describe.find(str) is None
    True
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._direct: dict[type, Callable[[Any], R]] = {}
        self._late: dict[type, Callable[[Any], R]] = {}
        self._lazy: dict[str, tuple[Callable[[Register], object], ...]] = {}
        self._found: WeakKeyDictionary[type, Callable[[Any], R] | None] = WeakKeyDictionary()
        self._closed: frozenset[type] = frozenset()

    def close(self, types: frozenset[type]) -> None:
        """Refuse registrations for `types`: something else decides about them."""
        self._closed |= types

    def register(self, *types: type) -> Callable[[F], F]:
        """Decorate a function of one argument to use it for `types` and their subclasses.

        Parameters
        ----------
        types
            The classes whose instances the function takes.

        Raises
        ------
        TypeError
            When an argument is no class.
        ValueError
            When a class is one that the registry does not let itself be taught.
        """
        return self._register_into(self._direct, types)

    def register_lazy(self, package: str) -> Callable[[L], L]:
        """Decorate a function to call it when a type of `package` is first met.

        Parameters
        ----------
        package
            Name of a top-level package, such as ``"numpy"``. The function gets one argument,
            `register`, to be used like :meth:`register`; it can import the package at no cost.

        Examples
        --------
        >>> describe = TypeRegistry[str]("describe")
        >>> @describe.register_lazy("decimal")
        ... def _(register):
        ...     import decimal
        ...     @register(decimal.Decimal)
        ...     def _(obj):
        ...         return f"the decimal {obj}"
        >>> from decimal import Decimal
        >>> describe.find(Decimal)(Decimal("0.1"))
        'the decimal 0.1'
        """

        def decorate(function: L) -> L:
            self._lazy[package] = (*self._lazy.get(package, ()), function)
            self._found.clear()
            return function

        return decorate

    def find(self, cls: type) -> Callable[[Any], R] | None:
        """Return the function for objects of type `cls`, or None."""
        try:
            return self._found[cls]
        except KeyError:
            pass
        for base in cls.__mro__:
            self._load(str(base.__module__).partition(".")[0])
        candidates = (self._direct.get(base) or self._late.get(base) for base in cls.__mro__)
        function = next((found for found in candidates if found is not None), None)
        self._found[cls] = function
        return function

    def _register_into(
        self, table: dict[type, Callable[[Any], R]], types: tuple[type, ...]
    ) -> Callable[[F], F]:
        for cls in types:
            if not isinstance(cls, type):
                raise TypeError(
                    f"{self._name} registers classes, got {cls!r}; "
                    f"write @{self._name}.register(MyType) above the function"
                )
            if cls in self._closed:
                raise ValueError(
                    f"{self._name} cannot be taught the built-in type {cls.__name__!r}; "
                    f"make a subclass and register that"
                )

        def decorate(function: F) -> F:
            table.update(dict.fromkeys(types, function))
            self._found.clear()
            return function

        return decorate

    def _load(self, package: str) -> None:
        functions = self._lazy.get(package, ())
        if not functions:
            return
        staged: dict[type, Callable[[Any], R]] = {}
        for function in functions:
            function(lambda *types: self._register_into(staged, types))
        # Published at once and forgotten afterwards: a thread that asks meanwhile loads the same
        # functions once more, which is harmless, instead of finding half of them.
        self._late.update(staged)
        self._lazy.pop(package, None)
