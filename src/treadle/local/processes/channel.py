"""Messages over a socket: an 8-byte length, then a pickle.

The parent's end never blocks, neither sending nor receiving: it has many peers, and one of them may
be busy in C code that reads nothing for a minute. The worker's end blocks: a thread of its own
reads, so whatever the parent sends is taken at once and the two cannot wait for each other.
"""

from __future__ import annotations

import os
import pickle
import socket
import struct
import threading
from collections import deque
from typing import Any

_LENGTH = struct.Struct("<Q")
_CHUNK = 1 << 20


class ParentEnd:
    """The parent's end of a channel. The caller waits for readability and writability."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.sock = sock
        self._outgoing: deque[memoryview] = deque()
        self._incoming = bytearray()
        self.closed = False

    @property
    def congested(self) -> bool:
        """Whether something waits to be written."""
        return bool(self._outgoing)

    def send(self, message: Any) -> int:
        """Send, or keep for later what does not fit; return the bytes of the message."""
        data = pickle.dumps(message, 5)
        self._outgoing.append(memoryview(_LENGTH.pack(len(data)) + data))
        self.flush()
        return len(data)

    def flush(self) -> None:
        """Write as much as fits."""
        while self._outgoing:
            first = self._outgoing[0]
            try:
                count = self.sock.send(first)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                self._outgoing.clear()  # the peer is gone; its death is noticed elsewhere
                return
            if count == len(first):
                self._outgoing.popleft()
            else:
                self._outgoing[0] = first[count:]

    def receive(self) -> list[Any]:
        """Return the messages that have arrived; ``closed`` tells the end of all."""
        while not self.closed:
            try:
                data = self.sock.recv(_CHUNK)
            except (BlockingIOError, InterruptedError):
                break
            except OSError:
                data = b""
            if not data:
                self.closed = True
            self._incoming += data
        messages = []
        start = 0
        incoming = self._incoming
        while len(incoming) - start >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(incoming, start)
            end = start + _LENGTH.size + length
            if len(incoming) < end:
                break
            messages.append(pickle.loads(memoryview(incoming)[start + _LENGTH.size : end]))
            start = end
        if start:
            self._incoming = incoming[start:]
        return messages

    def close(self) -> None:
        """Close the socket."""
        self.closed = True
        self.sock.close()


class WorkerEnd:
    """The worker's end of a channel. One thread receives, any thread sends."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(True)
        self.sock = sock
        self._lock = threading.Lock()

    def send(self, message: Any) -> None:
        """Send a message; OSError when the parent is gone."""
        data = pickle.dumps(message, 5)
        with self._lock:
            self.sock.sendall(_LENGTH.pack(len(data)))
            self.sock.sendall(data)

    def receive(self) -> Any:
        """Wait for the next message; EOFError when the parent is gone."""
        return pickle.loads(self._exactly(_LENGTH.unpack(self._exactly(_LENGTH.size))[0]))

    def _exactly(self, count: int) -> bytearray:
        data = bytearray(count)
        rest = memoryview(data)
        while rest:
            try:
                taken = self.sock.recv_into(rest)
            except OSError as error:
                raise EOFError from error
            if not taken:
                raise EOFError
            rest = rest[taken:]
        return data

    def abandon(self) -> None:
        """Close the descriptor in a forked child, which must not keep the connection open."""
        os.close(self.sock.detach())
