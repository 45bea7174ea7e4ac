"""Between the command and a server of S3: passes on what is asked, and spoils what a test says.

A fault is a function from the true answer to another one; None stands for no answer at all.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import NamedTuple


class Answer(NamedTuple):
    """What goes back. ``sent`` is how many bytes of the body really go, all of them if None. After them the connection
    is closed, or with ``silent`` stays open until whoever asked is gone."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    sent: int | None = None
    silent: bool = False


type Fault = Callable[[Answer], Answer | None]
type Spoil = Callable[[str, str], Fault | None]
"""Says what happens to a request, by its method and path."""


def cut(answer: Answer) -> Answer:
    """The connection ends in the middle of the body."""
    return answer._replace(sent=len(answer.body) // 2)


def truncated(answer: Answer) -> Answer:
    """Half of the body, and headers that say that this is all."""
    return answer._replace(body=answer.body[: len(answer.body) // 2])


def flipped(answer: Answer) -> Answer:
    """One bit is another."""
    middle = len(answer.body) // 2
    return answer._replace(body=answer.body[:middle] + bytes([answer.body[middle] ^ 1]) + answer.body[middle + 1 :])


def hung_up(_: Answer) -> None:
    """No answer: the connection is closed."""


def refusal(status: int, code: str, more: str = "") -> Fault:
    """An error as S3 writes it, with a text that no user should see."""
    text = f"<Error><Code>{code}</Code><Message>X-Amz-Signature=hidden</Message>{more}</Error>".encode()
    return lambda _: Answer(status, (("Content-Type", "application/xml"),), text)


def says(status: int, body: bytes, kind: str = "text/html") -> Fault:
    """Something else."""
    return lambda _: Answer(status, (("Content-Type", kind),), body)


class Listener(ThreadingHTTPServer):
    """Many may come at once: who finds the queue of the usual five full comes back a second later."""

    request_queue_size = 128


class Proxy:
    """A server on loopback; ``spoil`` may be exchanged at any time. ``asked`` notes method and path of each request,
    ``moved`` the method and the bytes of each body that passed."""

    def __init__(self, port: int) -> None:
        self.spoil: Spoil = lambda method, path: None
        self.asked: list[tuple[str, str]] = []
        self.moved: list[tuple[str, int]] = []
        self._port = port
        self._http = Listener(("127.0.0.1", 0), self._handler())
        self._http.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients that hang up are expected
        self.endpoint = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def ask(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        line = HTTPConnection("127.0.0.1", self._port)
        try:
            line.request(method, path, body, headers)
            answer = line.getresponse()
            ours = _OURS if method == "HEAD" else (*_OURS, "content-length")
            kept = tuple((name, value) for name, value in answer.getheaders() if name.lower() not in ours)
            return Answer(answer.status, kept, answer.read())
        finally:
            line.close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"  # the client of S3 asks whether to go on before it sends a body

            def answer(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length)
                if len(body) < length:  # whoever asked is gone
                    self.close_connection = True
                    return
                proxy.asked.append((self.command, self.path))
                fault = proxy.spoil(self.command, self.path)
                true = proxy.ask(self.command, self.path, dict(self.headers.items()), body)
                proxy.moved.append((self.command, len(body)))
                given = true if fault is None else fault(true)
                if given is None:
                    self.close_connection = True
                    return
                self.send_response(given.status)
                for name, value in given.headers:
                    self.send_header(name, value)
                if not (self.command == "HEAD" and given is true):
                    self.send_header("Content-Length", str(len(given.body)))
                if given.sent is not None:
                    self.send_header("Connection", "close")
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(given.body[: given.sent])
                    proxy.moved.append((self.command, len(given.body[: given.sent])))
                if given.silent:
                    self.close_connection = True
                    self.rfile.read(1)  # until whoever asked is gone

            do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = answer  # noqa: N815  # the names that the library looks up

            def log_message(self, *_: object) -> None:
                pass

        return Handler


_OURS = ("transfer-encoding", "connection", "date", "server")


@contextmanager
def between(port: int) -> Iterator[Proxy]:
    """Serve until the end of the block."""
    proxy = Proxy(port)
    try:
        yield proxy
    finally:
        proxy.close()
