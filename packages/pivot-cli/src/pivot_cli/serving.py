"""The socket of a watch: other programs of the same user ask and are told over it. Lines of JSON, see ``rpc``.

One thread reads and writes for all connections, a request of each in turn. A client that does not read what it
subscribed to is let go, so that it can hold up nobody. What is asked is answered by ``offers``.
"""

import os
import selectors
import socket
import threading
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Any

from pivot.errors import StorageError, UsageError
from pivot_cache import FileLock
from pivot_cli.rpc import Methods, answer, notification

NAME = "watch.sock"
LONGEST = 1 << 20  # bytes of a request
BACKLOG = 8 << 20  # bytes that may wait for a client
CHUNK = 1 << 16
QUEUE = 1024  # clients that may connect at the same moment


class Server:
    """Listens in the directory ``home`` until closed; ``tell`` sends an event to all who subscribed.

    Raises UsageError where another watch listens, StorageError where nothing can.
    """

    def __init__(self, home: Path, methods: Methods) -> None:
        self.path = home / NAME
        self._methods = methods
        self._claim = FileLock(home / "locks" / ".watch", within=home.parent)
        if not self._claim.try_lock():
            raise UsageError("another pivot watches this project already", hint=f"its socket is {self.path}")
        self._listener = _listen(self.path)
        self._clients: dict[int, _Client] = {}
        self._events: deque[bytes] = deque()
        self._wake, self._waker = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(self._waker, False)
        self._over = False
        self._thread = threading.Thread(target=self._serve, name="pivot serve", daemon=True)
        self._thread.start()

    def tell(self, event: dict[str, Any]) -> None:
        """Send an event to all who subscribed; any thread may."""
        self._events.append(notification("event", event) + b"\n")
        self._rouse()

    def close(self) -> None:
        """Let all clients go, and remove the socket."""
        self._over = True
        self._rouse()
        self._thread.join()
        self._listener.close()
        with suppress(FileNotFoundError):
            self.path.unlink()
        for one in (self._wake, self._waker):
            os.close(one)
        self._claim.unlock()

    def _rouse(self) -> None:
        with suppress(BlockingIOError):  # it will wake up as it is
            os.write(self._waker, b"!")

    def _serve(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._wake, selectors.EVENT_READ)
            while not self._over:
                waiting = any(client.waiting for client in self._clients.values())
                for key, _ in selector.select(0 if waiting else None):
                    if key.fileobj is self._listener:
                        self._accept(selector)
                    elif key.fileobj == self._wake:
                        os.read(self._wake, CHUNK)
                    elif not self._clients[key.fd].waiting:
                        self._clients[key.fd].receive()
                for client in self._clients.values():
                    self._attend(client)
                while self._events:
                    event = self._events.popleft()
                    for client in [one for one in self._clients.values() if one.subscribed]:
                        client.send(event)
                self._settle(selector)
            for client in self._clients.values():
                client.close()

    def _accept(self, selector: selectors.BaseSelector) -> None:
        with suppress(OSError):  # gone already
            connection, _ = self._listener.accept()
            client = _Client(connection)
            self._clients[client.descriptor] = client
            selector.register(client.descriptor, selectors.EVENT_READ)

    def _attend(self, client: "_Client") -> None:
        """Answer one request, so that nobody waits for all that another one asks."""
        if client.waiting:
            found = answer(client.waiting.popleft(), {**self._methods, "subscribe": client.subscribe})
            if found is not None:
                client.send(found + b"\n")

    def _settle(self, selector: selectors.BaseSelector) -> None:
        """Let go of clients that are over, and wait for room where there is something to send."""
        for client in list(self._clients.values()):
            if client.over or (client.ended and not client.waiting):
                del self._clients[client.descriptor]
                selector.unregister(client.descriptor)
                client.close()
            else:
                wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if client.pending else 0)
                selector.modify(client.descriptor, wanted)


class _Client:
    """One connection: ``waiting`` are its requests. ``ended`` once no more will come, ``over`` once it is of no use."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self.descriptor = connection.fileno()
        self.subscribed = False
        self.waiting: deque[bytes] = deque()
        self.ended = False
        self.over = False
        self.pending = bytearray()
        self._connection = connection
        self._read = bytearray()

    def subscribe(self) -> dict[str, Any]:
        """Be told of events from now on."""
        self.subscribed = True
        return {"subscribed": True}

    def receive(self) -> None:
        """Take in the lines that have come, and send what is pending."""
        self.send(b"")
        try:
            data = self._connection.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.ended = True
            return
        *lines, rest = (bytes(self._read) + data).split(b"\n")
        self._read[:] = rest
        self.over = self.over or len(rest) > LONGEST
        self.waiting.extend(line for line in lines if line.strip())

    def send(self, data: bytes) -> None:
        """Send, as much as the other side takes; the rest waits."""
        self.pending += data
        try:
            while self.pending:
                del self.pending[: self._connection.send(self.pending)]
        except BlockingIOError:
            self.over = self.over or len(self.pending) > BACKLOG
        except OSError:
            self.over = True

    def close(self) -> None:
        self._connection.close()


def _listen(path: Path) -> socket.socket:
    """Return a socket that only this user can connect to; one that a watch left behind is replaced."""
    listener = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        path.unlink(missing_ok=True)
        listener.bind(str(path))
        os.chmod(path, 0o600)
        listener.listen(QUEUE)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        hint = "the name of the directory may be too long for a socket" if "too long" in str(error) else None
        raise StorageError(f"cannot listen at {path}: {error}", hint=hint) from error
    finally:
        os.umask(before)
    return listener
