"""Segments: what is read is what was written, what was copied, and what is left behind."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tracemalloc
import weakref
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import treadle
from treadle.errors import TreadleError
from treadle.serialize import dumps, loads
from treadle.store import segments as module
from treadle.store.segments import ALIGNMENT, MAPPED, Segment, Segments, StoreFull

Usage = namedtuple("Usage", ["total", "used", "free"])
SOURCE = str(Path(treadle.__file__).parent.parent)


@pytest.fixture
def segments(tmp_path: Path) -> Iterator[Segments]:
    with Segments(temporary_directory=str(tmp_path)) as segments:
        yield segments


def _address(view: Any) -> int:
    return np.frombuffer(view, np.uint8).ctypes.data


@given(st.binary(), st.lists(st.binary(max_size=200), max_size=5), st.sampled_from([0, MAPPED]))
def test_what_was_put_is_got(data: bytes, buffers: list[bytes], extra: int) -> None:
    buffers = [*buffers, bytes(extra)]
    with Segments() as segments:
        segment = segments.put(data, buffers)
        assert segment.sizes == (len(data), *map(len, buffers))
        assert segments.nbytes == segment.nbytes
        got, views = segments.get(segment)
        assert bytes(got) == data
        assert [bytes(view) for view in views] == buffers
        assert all(_address(v) % ALIGNMENT == _address(got) % ALIGNMENT for v in views if len(v))
        segments.delete(segment)
        assert segments.nbytes == 0


@pytest.mark.parametrize("size", [1000, MAPPED // 8, 200_000])
def test_arrays_through_shared_memory(segments: Segments, size: int) -> None:
    arrays = [np.arange(float(size)), np.arange(size, dtype="u1")]
    data, buffers = dumps({"a": arrays})
    segment = segments.put(data, buffers)
    got, views = segments.get(segment)
    first, second = loads(got, views)["a"]
    np.testing.assert_array_equal(first, arrays[0])
    np.testing.assert_array_equal(second, arrays[1])
    if views:
        assert first.ctypes.data == _address(views[0])
        assert first.flags.writeable


def test_bytes_are_copied_once_and_read_without_a_copy(segments: Segments) -> None:
    array = np.zeros(4_000_000)  # 32 MB
    data, buffers = dumps(array)
    tracemalloc.start()
    try:
        segment = segments.put(data, buffers)
        got, views = segments.get(segment)
        again = loads(got, views)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < array.nbytes / 100
    assert again.nbytes == array.nbytes
    assert segments.nbytes == segment.nbytes


def test_nobody_sees_the_writes_of_another(segments: Segments) -> None:
    for size in (1000, MAPPED):
        segment = segments.put(b"", [bytes(size)])
        _, [mine] = segments.get(segment)
        _, [other] = segments.get(segment)
        mine[0] = 7
        _, [later] = segments.get(segment)
        assert (mine[0], other[0], later[0]) == (7, 0, 0)


def test_views_outlive_the_file_and_the_session() -> None:
    with Segments() as segments:
        kept = segments.put(b"", [b"\1" * MAPPED])
        _, [first] = segments.get(kept)
        _, [second] = segments.get(kept)
        segments.delete(kept)
        segments.delete(kept)  # is no error
        assert segments.nbytes == 0
        assert bytes(first[-3:]) == b"\1\1\1"
        with pytest.raises(FileNotFoundError):
            segments.get(kept)
    assert bytes(second[-3:]) == b"\1\1\1"


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="mappings hold no descriptor any more")
def test_a_mapping_lives_as_long_as_its_views(segments: Segments) -> None:
    segment = segments.put(b"", [bytes(MAPPED)])
    before = len(module._mappings)
    view = segments.get(segment)[1][0]
    part = view[5:10]
    array = np.frombuffer(part, np.uint8)
    del view, part
    assert len(module._mappings) == before + 1
    assert array.sum() == 0
    del array
    assert len(module._mappings) == before


def test_mappings_leave_descriptors_for_the_program(
    segments: Segments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_mappings_allowed", lambda: len(module._mappings) + 2)
    segment = segments.put(b"", [b"\2" * MAPPED])
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else None
    kept = [segments.get(segment)[1][0] for _ in range(10)]
    if before is not None:
        assert len(os.listdir("/proc/self/fd")) <= before + 10
    assert all(bytes(view[:2]) == b"\2\2" for view in kept)


def test_a_descriptor_is_plain_data(segments: Segments) -> None:
    segment = segments.put(b"abc", [b"defg"])
    name, nbytes, sizes = segment
    assert bytes(segments.get(Segment(str(name), int(nbytes), tuple(sizes)))[0]) == b"abc"
    assert nbytes == ALIGNMENT + 4


def test_the_directory_is_private_and_in_shared_memory(tmp_path: Path) -> None:
    with Segments(temporary_directory=str(tmp_path)) as segments:
        folder = Path(segments.directory)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        if os.access("/dev/shm", os.W_OK):
            assert folder.parent == Path("/dev/shm")
        name = f"treadle-{os.getuid()}-{os.getpid()}-"
        assert folder.name.startswith(name)
        assert [p.name for p in tmp_path.iterdir()] == [folder.name]
        segments.put(b"x")
        segments.close()
        segments.close()
        assert not folder.exists() and not list(tmp_path.iterdir())


def test_without_shared_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("treadle.store.sessions.SHARED_MEMORY", str(tmp_path / "none"))
    with Segments(temporary_directory=str(tmp_path)) as segments:
        assert Path(segments.directory).parent == tmp_path
        assert bytes(segments.get(segments.put(b"x"))[0]) == b"x"
    assert not list(tmp_path.iterdir())


def test_a_given_directory_must_be_new(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "work.txt").write_text("mine")
    with pytest.raises(FileExistsError):
        Segments(str(tmp_path / "mine"), temporary_directory=str(tmp_path / "t"))
    with Segments(str(tmp_path / "new"), temporary_directory=str(tmp_path / "t")):
        assert (tmp_path / "new").is_dir()
    assert (tmp_path / "mine" / "work.txt").read_text() == "mine"
    assert not (tmp_path / "new").exists()
    with pytest.raises(FileExistsError):  # where files that do not fit would go
        Segments(str(tmp_path / "t" / "mine"), temporary_directory=str(tmp_path))
    assert not (tmp_path / "t" / "mine").exists()
    assert (tmp_path / "mine" / "work.txt").read_text() == "mine"
    with pytest.raises(ValueError, match="needs the owner's directory"):
        Segments(owner=False)


def test_others_attach_and_leave(segments: Segments, tmp_path: Path) -> None:
    other = Segments(segments.directory, owner=False, temporary_directory=str(tmp_path))
    segment = other.put(b"from there", [b"x"])
    other.close()
    assert bytes(segments.get(segment)[0]) == b"from there"


def test_a_forgotten_owner_removes_its_directory() -> None:
    segments = Segments()
    directory = segments.directory
    gone = weakref.ref(segments)
    del segments
    assert gone() is None and not os.path.exists(directory)


def _free(directory: str, room: dict[str, int]) -> Usage:
    return Usage(0, 0, next(free for root, free in room.items() if directory.startswith(root)))


def test_what_does_not_fit_goes_to_the_temporary_directory(
    segments: Segments, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = {segments.directory: 1000, str(tmp_path): 5000}
    monkeypatch.setattr(shutil, "disk_usage", lambda directory: _free(directory, room))
    small, large = segments.put(b"", [bytes(900)]), segments.put(b"x", [b"\3" * 3000])
    assert not os.path.isabs(small.name)
    assert Path(large.name).parent.parent == tmp_path
    worker = Segments(segments.directory, owner=False, temporary_directory=str(tmp_path))
    assert bytes(worker.get(large)[1][0]) == b"\3" * 3000
    assert segments.nbytes == small.nbytes + large.nbytes
    with pytest.raises(StoreFull) as caught:
        segments.put(b"", [bytes(6000)])
    assert isinstance(caught.value, OSError) and isinstance(caught.value, TreadleError)
    assert (
        "no room for a result of 6,000 bytes: 1,000 bytes free in "
        f"{Path(segments.directory).parent}, 5,000 bytes free in {tmp_path}. Make room there"
    ) in str(caught.value)
    stranger = Segments(segments.directory, owner=False, temporary_directory=str(tmp_path / "x"))
    assert bytes(stranger.get(large)[1][0]) == b"\3" * 3000
    with pytest.raises(StoreFull, match="no room for a result of 3,000 bytes: 1,000 bytes free"):
        stranger.put(b"", [bytes(3000)])
    segments.delete(large)
    assert segments.nbytes == small.nbytes


FULL = """
import collections, os, shutil, sys
from treadle.store.segments import Segments, StoreFull
# The room that is announced is gone by the time of writing, as when many processes write.
shutil.disk_usage = lambda directory: collections.namedtuple("U", "free")(1 << 40)
first, second = sys.argv[1:]
with Segments(os.path.join(first, "s"), temporary_directory=second) as segments:
    fits = segments.put(b"", [bytes(100_000)])
    over = segments.put(b"", [bytes(2_000_000)])
    assert os.path.dirname(os.path.dirname(over.name)) == second, over
    assert os.listdir(segments.directory) == [fits.name]
    try:
        segments.put(b"", [bytes(8_000_000)])
    except StoreFull as error:
        print(error)
    assert segments.nbytes == fits.nbytes + over.nbytes
"""


@pytest.mark.processes
def test_a_file_system_that_fills_up_while_writing(tmp_path: Path) -> None:
    """Two real file systems of 1 and 4 MB, mounted where only a child process sees them."""
    first, second = tmp_path / "a", tmp_path / "b"
    first.mkdir()
    second.mkdir()
    mounts = f"mount -t tmpfs -o size=1m t {first} && mount -t tmpfs -o size=4m t {second}"
    if (
        shutil.which("unshare") is None
        or subprocess.run(
            ["unshare", "-rm", "sh", "-c", mounts], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("this system does not let users mount file systems of their own")
    script = tmp_path / "full.py"
    script.write_text(FULL)
    done = subprocess.run(
        [
            "unshare",
            "-rm",
            "sh",
            "-c",
            f"{mounts} && exec {sys.executable} {script} {first} {second}",
        ],
        env={**os.environ, "PYTHONPATH": SOURCE},
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "no room for a result of 8,000,000 bytes" in done.stdout


FORKED = """
import os, sys
from treadle.store.segments import Segments
segments = Segments()
if os.fork() == 0:
    segments.put(b"from the child")
    sys.exit(0)  # the ordinary way out, with everything that is registered for it
os.wait()
assert segments.nbytes == len(b"from the child")
print(segments.directory)
"""


@pytest.mark.processes
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_removes_nothing_and_the_end_of_the_process_everything() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORKED],
        env={**os.environ, "PYTHONPATH": SOURCE},
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert not os.path.exists(done.stdout.strip())
    assert "treadle-" in done.stdout


@pytest.mark.skipif(os.name == "nt" or os.getuid() == 0, reason="every place can be written to")
def test_a_temporary_directory_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(0o500)
    with Segments(str(tmp_path / "s"), temporary_directory=str(tmp_path / "locked")) as segments:
        assert bytes(segments.get(segments.put(b"x"))[0]) == b"x"
