"""Clearing up after sessions that were killed, and leaving alone all others."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import treadle
from treadle.store.segments import Segments
from treadle.store.sessions import lock, session_name, session_roots, sweep

SESSION = """
import sys
from treadle.store.segments import Segments
segments = Segments(temporary_directory=sys.argv[1])
segments.put(b"x", [bytes(1_000_000)])
print(segments.directory, flush=True)
sys.stdin.read()
"""


@contextmanager
def _session(temporary: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a session in a process of its own, until its input ends; its process and directory."""
    with subprocess.Popen(
        [sys.executable, "-c", SESSION, str(temporary)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(treadle.__file__).parent.parent)},
    ) as process:
        assert process.stdout is not None
        directory = process.stdout.readline().strip()
        assert os.path.isdir(directory)
        yield process, directory


@pytest.mark.processes
def test_killed_sessions_are_swept_and_living_ones_left(tmp_path: Path) -> None:
    with _session(tmp_path) as (_, living), _session(tmp_path) as (killed, abandoned):
        names = {os.path.basename(living), os.path.basename(abandoned)}
        assert {p.name for p in tmp_path.iterdir()} == names
        killed.send_signal(signal.SIGKILL)
        # Not waited for yet, so its number still is in the table of processes.
        os.waitid(os.P_PID, killed.pid, os.WEXITED | os.WNOWAIT)
        assert os.path.isdir(abandoned)
        removed = sweep(session_roots(str(tmp_path)))
        assert abandoned in removed and living not in removed
        assert str(tmp_path / os.path.basename(abandoned)) in removed
        assert os.path.isdir(living) and not os.path.exists(abandoned)
        assert {p.name for p in tmp_path.iterdir()} == {os.path.basename(living)}
    # Ended the ordinary way, it removed its own.
    assert not os.path.exists(living) and not list(tmp_path.iterdir())


@pytest.mark.processes
def test_a_new_session_sweeps(tmp_path: Path) -> None:
    with _session(tmp_path) as (process, abandoned):
        process.kill()
        process.wait()
        with Segments(temporary_directory=str(tmp_path)):
            assert not os.path.exists(abandoned)


def _dead() -> str:
    """Name a session whose process number is in use, by a process of another start."""
    head, user, pid, start, random = session_name().split("-")
    return "-".join([head, user, pid, str(int(start) - 1), random])


def test_a_number_used_again_is_another_process(tmp_path: Path) -> None:
    (tmp_path / _dead()).mkdir()
    alive = tmp_path / session_name()
    alive.mkdir()
    assert [os.path.basename(p) for p in sweep([str(tmp_path)])] != []
    assert list(tmp_path.iterdir()) == [alive]


def test_what_is_not_a_session_of_this_user_stays(tmp_path: Path) -> None:
    dead = _dead()
    head, user, *rest = dead.split("-")
    other_user = "-".join([head, str(int(user) + 1), *rest])
    for name in (other_user, f"{dead}-more", f"my-{dead}", "treadle-work", dead.replace("-", "_")):
        (tmp_path / name).mkdir()
    (tmp_path / dead).write_text("a file")
    before = sorted(tmp_path.iterdir())
    assert sweep([str(tmp_path)]) == []
    assert sorted(tmp_path.iterdir()) == before


def test_links_are_not_followed(tmp_path: Path) -> None:
    kept, roots = tmp_path / "kept", tmp_path / "roots"
    kept.mkdir()
    roots.mkdir()
    (kept / "work.txt").write_text("mine")
    dead = roots / _dead()
    dead.symlink_to(kept)
    inside = roots / _dead()
    inside.mkdir()
    (inside / "link").symlink_to(kept)
    assert sweep([str(roots)]) == [str(inside)]
    assert (kept / "work.txt").read_text() == "mine"
    assert dead.is_symlink()


@pytest.mark.skipif(sys.platform == "win32", reason="no locks on directories")
def test_a_lock_protects_what_a_process_number_cannot(tmp_path: Path) -> None:
    """The owner may run in another container, where processes have other numbers."""
    dead = tmp_path / _dead()
    dead.mkdir()
    descriptor = lock(str(dead))
    assert descriptor is not None
    assert sweep([str(tmp_path)]) == []
    os.close(descriptor)
    assert sweep([str(tmp_path)]) == [str(dead)]


def test_places_that_do_not_exist(tmp_path: Path) -> None:
    assert sweep([str(tmp_path / "none")]) == []
