"""What a run sends of its functions and arguments.

Laws:

1. A function, or an operation that has one, is pickled once per run, when a batch first needs it,
   and sent once per worker. Batches name it by a small integer, its *code*.
2. Arguments are pickled together with the batch they belong to. Those that are more than plain
   numbers and short strings are pickled on their own, by the rules of ``treadle.serialize``.
3. An argument too large to travel in a message is put into shared memory once, however many tasks
   have it, and removed when the last task that has it has run.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from treadle.graph.operation import GENERAL, PLAIN, Call, Operation
from treadle.graph.packs import Slot
from treadle.local.processes.payload import ATOMS, INLINE, TEXTS, Inline, Payload, is_tiny, pack
from treadle.serialize import argument_of, dumps, dumps_call, dumps_function
from treadle.store.segments import Segment

if TYPE_CHECKING:
    from treadle.graph.plan import Plan
    from treadle.store.segments import Segments

#: How a worker calls a task whose code stands for a whole operation: ``run(index, values)``.
INDEXED = GENERAL + 1

_SIMPLE = ATOMS | {Slot}


class Constant(NamedTuple):
    """Stands for an argument that is sent apart."""

    number: int


class Pickled(NamedTuple):
    """The arguments of a call, pickled on their own: ``(args, kwargs)``."""

    payload: Inline


class Mixed(NamedTuple):
    """Arguments of which some are constants, and others pickled on their own."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]


class Definition(NamedTuple):
    """What a code stands for: a pickled function, or the payload of an operation."""

    form: int
    function: bytes | None
    operation: Payload | None


class Stub(Operation):
    """Stands for an operation that is read from: all a reader needs is its index space."""

    __slots__ = ("_shape",)

    def __init__(self, operation: Operation) -> None:
        self.func = _never
        self.args = ()
        self.form = GENERAL
        self.annotations = None
        self.nbytes = None
        self.pure = False
        self._name = "stub"
        self._shape = operation.shape

    @property
    def shape(self) -> tuple[int, ...]:
        return self._shape

    @property
    def ntasks(self) -> int:
        count = 1
        for extent in self._shape:
            count *= extent
        return count

    def inputs(self) -> tuple[Operation, ...]:
        return ()


def _never() -> None:
    raise AssertionError("a stub is never run")


class Catalog:
    """The functions, operations and large arguments of one plan.

    Attributes
    ----------
    codes
        Per task: which function, called in which way.
    kinds
        Per task: an integer, the same for functions of the same name.
    """

    def __init__(self, plan: Plan, segments: Segments) -> None:
        self._plan = plan
        self._segments = segments
        numbers: dict[tuple[int, int], int] = {}
        self._sources: list[Operation] = []
        self._forms: list[int] = []
        codes: list[int] = []
        for operation in plan.operations:
            if type(operation) is Call:
                known = numbers.get((id(operation.func), operation.form))
            else:
                known = numbers.get((id(operation), INDEXED))
            if known is None:
                known = self._enter(operation, numbers)
            codes.append(known)
        self.codes = codes
        labels: dict[str, int] = {}
        kind_of = [labels.setdefault(source.label, len(labels)) for source in self._sources]
        self.kinds = [kind_of[code] for code in codes]
        self._definitions: dict[int, Definition] = {}
        self._constants: dict[int, int] = {}  # id of an argument -> number
        self._payloads: dict[int, Payload] = {}
        self._uses: Counter[int] | None = None
        self.users: dict[int, list[int]] = {}  # task -> constants it has

    def _enter(self, operation: Operation, numbers: dict[tuple[int, int], int]) -> int:
        if type(operation) is Call:
            form, key = operation.form, (id(operation.func), operation.form)
        else:
            form, key = INDEXED, (id(operation), INDEXED)
        number = numbers[key] = len(self._sources)
        self._sources.append(operation)
        self._forms.append(form)
        return number

    def definition(self, code: int) -> Definition:
        """Return what ``code`` stands for, ready to be sent.

        Raises
        ------
        SerializationError
            It cannot be pickled.
        """
        found = self._definitions.get(code)
        if found is None:
            source, form = self._sources[code], self._forms[code]
            if form == INDEXED:
                payload = pack(source.rewire(Stub), self._segments, f"operation {source.name}")
                found = Definition(form, None, payload)
            else:
                found = Definition(form, dumps_function(source.func), None)
            self._definitions[code] = found
        return found

    def arguments(self, task: int) -> Any:
        """Return what a worker needs to call ``task`` besides its function and its inputs.

        None for calls of inputs alone, the index for operations over index spaces, the tuple of
        arguments for simple calls, else one of the classes above.
        """
        operation = self._plan.operations[task]
        form = operation.form
        if type(operation) is not Call:
            return self._plan.index[task] if self._plan.index is not None else 0
        if form not in (PLAIN, GENERAL):
            return None
        args = operation.args
        if not operation.kwargs:
            for arg in args:
                if type(arg) not in _SIMPLE and not (type(arg) in TEXTS and is_tiny(arg)):
                    break
            else:
                return args
        return self._pickled(task, operation)

    def _pickled(self, task: int, operation: Call) -> Pickled | Mixed:
        args, kwargs = operation.args, dict(operation.kwargs or {})
        known = self._constants
        if not any(id(arg) in known for arg in (*args, *kwargs.values())):
            data, buffers = dumps_call(operation.func, args, kwargs)
            if len(data) + sum([view.nbytes for view in buffers]) <= INLINE:
                return Pickled(Inline(data, [bytearray(view) for view in buffers]))
        return Mixed(
            tuple([self._apart(task, operation, which, arg) for which, arg in enumerate(args)]),
            {which: self._apart(task, operation, which, arg) for which, arg in kwargs.items()},
        )

    def _apart(self, task: int, operation: Call, which: int | str, arg: Any) -> Any:
        if is_tiny(arg) or type(arg) is Slot:
            return arg
        number = self._constants.get(id(arg))
        if number is None:
            data, buffers = dumps(arg, what=argument_of(operation.func, which))
            if len(data) + sum([view.nbytes for view in buffers]) <= INLINE:
                return Inline(data, [bytearray(view) for view in buffers])
            number = self._constants[id(arg)] = id(arg)
            self._payloads[number] = self._segments.put(data, buffers)
        self.users.setdefault(task, []).append(number)
        return Constant(number)

    def payload(self, constant: int) -> Payload:
        """Return what a constant stands for."""
        return self._payloads[constant]

    def used(self, task: int) -> list[int]:
        """Note that ``task`` has run; return the constants that no other task has."""
        constants = self.users.pop(task, ())
        over = []
        for number in constants:
            uses = self._count()
            uses[number] -= 1
            if uses[number] <= 0:
                self._remove(number)
                over.append(number)
        return over

    def _count(self) -> Counter[int]:
        """Count, once, in how many places each argument occurs that is not tiny."""
        if self._uses is None:
            self._uses = Counter()
            for operation in self._plan.operations:
                if type(operation) is Call and operation.form in (PLAIN, GENERAL):
                    for arg in (*operation.args, *(operation.kwargs or {}).values()):
                        if type(arg) not in ATOMS:
                            self._uses[id(arg)] += 1
        return self._uses

    def _remove(self, number: int) -> None:
        self._constants.pop(number, None)
        payload = self._payloads.pop(number, None)
        if isinstance(payload, Segment):
            self._segments.delete(payload)

    def close(self) -> None:
        """Remove what is left in shared memory."""
        for number in list(self._payloads):
            self._remove(number)
        for definition in self._definitions.values():
            if isinstance(definition.operation, Segment):
                self._segments.delete(definition.operation)
