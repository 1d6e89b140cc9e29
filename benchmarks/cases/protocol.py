"""How a case is called and how it answers: LIBRARY and arguments in, one line of JSON out.

Laws:

1. A case prints ``RESULT {...}``, a number per name, or ``ABSENT {...}`` with the reason why this
   library cannot be measured here. Whatever else is printed does not matter.
2. A case checks the values it computed: a fast wrong answer is a failure, not a figure.
3. The garbage collector is left as the interpreter starts it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping

RESULT = "RESULT "
ABSENT = "ABSENT "
PEERS = ("dask", "distributed", "joblib", "ray", "numpy")

Figures = dict[str, float]


class AbsentError(Exception):
    """This library cannot be measured here; the message says why."""


def expect(value: object, wanted: object) -> None:
    """Refuse to report a figure of a computation that went wrong."""
    if value != wanted:
        raise AssertionError(f"the computation gave {value!r} instead of {wanted!r}")


def serve(measures: Mapping[str, Callable[..., Figures]]) -> None:
    """Run the measurement that the command line names and print what it returns."""
    library, *texts = sys.argv[1:]
    arguments = [int(text) if text.isdigit() else text for text in texts]
    try:
        answer = RESULT + json.dumps(measures[library](*arguments))
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in PEERS:
            raise
        answer = ABSENT + json.dumps(f"{missing} is not installed")
    except AbsentError as error:
        answer = ABSENT + json.dumps(str(error))
    print(answer, flush=True)
