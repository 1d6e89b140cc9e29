"""What workers print: read by one thread of the parent, and shown as if printed here.

Law: what a worker wrote before it reported the end of a batch is in its pipes by then, so
``drain``, which reads until the pipes are empty, returns after all of it was shown.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import queue
import socket
import sys
import threading
from typing import IO

#: Bytes of stderr kept per worker for the report on its death.
KEPT = 8192
_CHUNK = 65536


class Stream:
    """One pipe of one worker."""

    def __init__(self, pipe: IO[bytes], name: str) -> None:
        self.pipe = pipe
        self.name = name
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._partial = ""
        self._kept = bytearray()
        self._lock = threading.Lock()
        self.ended = False
        if sys.platform != "win32":
            os.set_blocking(pipe.fileno(), False)

    def tail(self) -> str:
        """Return the last lines written."""
        return bytes(self._kept).decode("utf-8", "replace")

    def read(self) -> None:
        """Show all that is in the pipe; ``ended`` tells that nothing will follow."""
        with self._lock:
            while not self.ended:
                try:
                    data = os.read(self.pipe.fileno(), _CHUNK)
                except BlockingIOError:
                    break
                except (OSError, ValueError):
                    data = b""
                self._show(self._decoder.decode(data, final=not data))
                if not data:
                    self.ended = True
                    self.show_rest()
                    break
                self._kept += data
                del self._kept[:-KEPT]

    def show_rest(self) -> None:
        """Show a last line that has no end."""
        text, self._partial = self._partial, ""
        self._write(text)

    def _show(self, text: str) -> None:
        # Whole lines only, so that those of two workers do not mix.
        text = self._partial + text
        end = text.rfind("\n") + 1
        self._partial = text[end:]
        self._write(text[:end])

    def _write(self, text: str) -> None:
        target = sys.stdout if self.name == "stdout" else sys.stderr
        if text and target is not None:
            # A closed or broken stream of ours is no reason to lose the computation.
            with contextlib.suppress(Exception):
                target.write(text)
                target.flush()


class OutputReader:
    """The thread that reads the pipes of a pool's workers."""

    def __init__(self) -> None:
        self._ours, self._theirs = socket.socketpair()
        self._ours.setblocking(False)
        self._theirs.setblocking(False)
        self._new: queue.SimpleQueue[Stream] = queue.SimpleQueue()
        self._streams: list[Stream] = []
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="treadle-output", daemon=True)
        self._thread.start()

    def add(self, pipe: IO[bytes], name: str) -> Stream:
        """Read a pipe from now on."""
        stream = Stream(pipe, name)
        if sys.platform == "win32":
            # Pipes cannot be waited for together there.
            threading.Thread(target=stream.read, name="treadle-output", daemon=True).start()
            return stream
        self._streams.append(stream)
        self._new.put(stream)
        self._wake()
        return stream

    def drain(self) -> None:
        """Return after everything that is in the pipes was shown."""
        for stream in list(self._streams):
            stream.read()
            stream.show_rest()

    def remove(self, streams: list[Stream]) -> None:
        """Show what is left of a dead worker's output, and forget its pipes."""
        for stream in streams:
            stream.read()
            stream.show_rest()
            stream.ended = True
        self._streams = [stream for stream in self._streams if stream not in streams]
        self._wake()

    def close(self) -> None:
        """Show what is left and end the thread."""
        self.drain()
        self._closing = True
        self._wake()
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout=1.0)

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            self._ours.send(b"x")

    def _run(self) -> None:
        import selectors

        selector = selectors.DefaultSelector()
        selector.register(self._theirs, selectors.EVENT_READ)
        watched: dict[Stream, int] = {}
        while not self._closing:
            for key, _ in selector.select():
                if key.data is None:
                    with contextlib.suppress(OSError):
                        self._theirs.recv(4096)
                else:
                    key.data.read()
            while not self._new.empty():
                stream = self._new.get()
                watched[stream] = stream.pipe.fileno()
                selector.register(watched[stream], selectors.EVENT_READ, stream)
            for stream in [stream for stream in watched if stream.ended]:
                selector.unregister(watched.pop(stream))
                stream.pipe.close()
        selector.close()
        for stream in watched:
            stream.pipe.close()
        self._ours.close()
        self._theirs.close()
