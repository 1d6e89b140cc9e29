"""The table of keys, the kinds of values, and keys that libraries register."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from treadle import config
from treadle.config import Key, kinds, layers, schema
from treadle.config.keys import KEYS
from treadle.errors import ConfigError

WriteYaml = Callable[..., Path]

DOCS = Path(__file__).parents[2] / "docs" / "configuration.md"


@pytest.fixture(autouse=True)
def unregistered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Forget what a test registers."""
    for name in ("_keys", "_sections", "_renamed"):
        monkeypatch.setattr(schema, name, getattr(schema, name))
    yield
    monkeypatch.undo()
    layers.LAYERS.values = {}
    layers.LAYERS.publish()


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_each_key_is_described(key: Key) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*(\.[a-z]+(-[a-z]+)*)*", key.name)
    assert key.doc.endswith(".")
    assert f"`{key.name}`" in DOCS.read_text(encoding="utf-8")


def test_the_documentation_names_no_other_key() -> None:
    table = re.findall(
        r"^\| `([^`]+)` \| [^|]+ \| [^|]+ \|$", DOCS.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert table == [key.name for key in KEYS]


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (kinds.boolean, [True, False], [0, 1, "yes", None]),
        (kinds.whole(1), [1, 10**20], [0, -1, 1.0, True, "1", None]),
        (kinds.text, ["", "a"], [1, None, b"a"]),
        (kinds.path, ["a", Path("a")], ["", 1, None, b"a"]),
        (kinds.nbytes, ["1 MiB", 5, 0], ["x", -1, None, True, [1]]),
        (kinds.duration, ["1 s", 5, 0, 0.5], ["x", -1, None, True, [1]]),
        (kinds.choice("a", "b"), ["a", "b"], ["c", None, 1]),
        (kinds.list_of(kinds.text), [[], ["a"], ("a", "b")], ["a", [1], None, {"a": 1}]),
        (kinds.optional(kinds.whole(0)), [None, 0], [-1, "x"]),
        (kinds.function, [max, kinds.whole], ["max", 1, None]),
        (kinds.regex, ["a.*"], ["(", 1, None]),
        (kinds.mapping, [{}, {"a": 1}], [[], None]),
        (kinds.executor, [], ["x", 1, None]),
    ],
)
def test_kinds(kind: kinds.Kind, good: list[Any], bad: list[Any]) -> None:
    for value in good:
        kind.accept(value)
    for value in bad:
        with pytest.raises((TypeError, ValueError)):
            kind.accept(value)


def test_values_are_stored_in_their_plain_form() -> None:
    class Four:
        def __index__(self) -> int:
            return 4

    with config.set(num_workers=Four(), temporary_directory=Path("/scratch")):
        assert type(config.get("num-workers")) is int
        assert config.get("temporary-directory") == str(Path("/scratch"))
    with ThreadPoolExecutor(1) as executor:
        assert kinds.executor.accept(executor) is executor


def test_register() -> None:
    config.set(num_workers=2)
    with pytest.raises(ConfigError, match=r"unknown configuration key 'loom\.warp'"):
        config.set(loom__warp=3)
    config.register(
        "loom",
        Key("warp", kinds.whole(1), 2, "Threads."),
        Key("weft.colours", kinds.list_of(kinds.text), [], "Colours."),
    )
    assert config.get("loom") == {"warp": 2, "weft": {"colours": []}}
    with config.set(loom={"warp": 3, "weft": {"colours": ("red",)}}):
        assert config.get("loom.weft.colours") == ["red"]
    assert config.get("num-workers") == 2
    with pytest.raises(ConfigError, match=r"'loom\.warp' is 0"):
        config.set(loom__warp=0)


def test_register_twice() -> None:
    config.register("loom", Key("warp", kinds.whole(1), 2, "Threads."))
    config.register("loom", Key("warp", kinds.whole(1), 2, "Threads, again."))
    with pytest.raises(ConfigError, match="already registered with default 2"):
        config.register("loom", Key("warp", kinds.whole(1), 3, "Others."))
    with pytest.raises(ConfigError, match="both a value and a section"):
        config.register("loom", Key("warp.length", kinds.whole(1), 3, "Others."))
    with pytest.raises(ConfigError, match="both a value and a section"):
        config.register("", Key("loom", kinds.whole(1), 3, "Others."))
    with pytest.raises(ConfigError, match=r"default 0 of .*'loom\.weft'.* whole number"):
        config.register("loom", Key("weft", kinds.whole(1), 0, "Others."))


def test_a_value_that_is_a_mapping(write: WriteYaml) -> None:
    config.register("loom", Key("environ", kinds.mapping, {}, "Variables."))
    path = write("loom:\n  environ:\n    OMP_NUM_THREADS: 1\n    'no key': {a: b}\n")
    config.refresh(paths=[path], env={})
    assert config.get("loom.environ") == {"OMP_NUM_THREADS": 1, "no key": {"a": "b"}}


def test_renamed_key(write: WriteYaml) -> None:
    config.register("loom", Key("warp", kinds.whole(1), 2, "Threads.", formerly=("old_warp",)))
    path = write("chunksize: 1\nloom:\n  old-warp: 7\n")
    expected = r"'loom\.old-warp' \(.*settings\.yaml, line 3\) is now called 'loom\.warp'"
    with pytest.warns(FutureWarning, match=expected):
        config.refresh(paths=[path], env={})
    assert config.get("loom.warp") == 7
    with pytest.warns(FutureWarning, match="now called"):
        assert config.get("loom.old_warp") == 7
    with pytest.warns(FutureWarning, match="now called"):
        assert config.check_deprecations("loom.old_warp") == "loom.warp"
    assert config.check_deprecations("loom.warp") == "loom.warp"


def test_an_installed_library_registers_when_first_met(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: WriteYaml
) -> None:
    write(
        "from treadle import config\n"
        "from treadle.config import Key, kinds\n"
        "config.register('spindle', Key('speed', kinds.whole(1), 5, 'Turns per minute.'))\n",
        "site/spindle_settings.py",
    )
    write(
        "[treadle.config]\nspindle = spindle_settings\n", "site/spindle.dist-info/entry_points.txt"
    )
    write("Metadata-Version: 2.1\nName: spindle\nVersion: 1\n", "site/spindle.dist-info/METADATA")
    monkeypatch.syspath_prepend(tmp_path / "site")
    config.refresh(paths=[write("spindle: {speed: 9}")], env={})
    assert "spindle_settings" in sys.modules
    assert config.get("spindle.speed") == 9
    with pytest.raises(ConfigError, match=r"did you mean 'spindle\.speed'"):
        config.get("spindle.sped")
