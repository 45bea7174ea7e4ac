"""Servers for the tests: one that speaks S3, and one that answers whatever a test wants."""

import os
from collections.abc import Callable, Iterator
from email.message import Message
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import NamedTuple
from uuid import uuid4

import pytest

from buckets import CREDENTIALS, Buckets, serve
from pivot_remote import Limits, Remote, RemoteFiles
from pivot_remote.files import FILE_LIMIT


@pytest.fixture(autouse=True, scope="session")
def one_loader() -> Iterator[None]:
    """All clients share what botocore reads from its data files, which is nine tenths of what a client costs."""
    import botocore.session

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", cache(botocore.session.create_loader))
        yield


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Credentials for the servers of these tests, and nothing else of this machine's settings."""
    for name in [name for name in os.environ if name.startswith("AWS_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-aws-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-aws-credentials"))


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Buckets]:
    """A server that speaks S3."""
    pytest.importorskip("moto")
    pytest.importorskip("flask")  # what moto's server is made of, an extra of it
    with serve(tmp_path_factory.mktemp("moto")) as server:
        yield server


@pytest.fixture
def bucket(s3: Buckets) -> Remote:
    """A remote in a new bucket, with a prefix."""
    name = f"bucket-{uuid4().hex}"
    s3.make(name)
    return Remote(f"s3://{name}/some/prefix", endpoint_url=s3.endpoint, region="us-east-1")


class Asked(NamedTuple):
    method: str
    path: str
    headers: Message  # whatever the case of a name
    body: bytes


class Given(NamedTuple):
    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    cut: int | None = None  # the connection is closed after so many bytes of the body
    silent: bool = False  # nothing is answered until the test is over


class Listener(ThreadingHTTPServer):
    """Many may come at once: who finds the queue of the usual five full comes back a second later."""

    request_queue_size = 128


class Server:
    """A server that answers with what ``respond`` returns; ``asked`` is what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.respond: Callable[[Asked], Given] = lambda _: Given(500)
        self.over = Event()
        self._http = Listener(("127.0.0.1", 0), self._handler())
        self._http.handle_error = lambda *_: None  # clients that hang up are expected
        self.endpoint = f"http://127.0.0.1:{self._http.server_port}"
        self.limits = Limits(connect=20, idle=20, tries=3, pause=0)
        self.remote = Remote("s3://bucket/prefix", endpoint_url=self.endpoint, region="us-east-1")
        self._thread = Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        self.over.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    @staticmethod
    def give(
        status: int,
        body: bytes = b"",
        *headers: tuple[str, str],
        cut: int | None = None,
        silent: bool = False,
    ) -> Given:
        return Given(status, body, headers, cut, silent)

    @staticmethod
    def refuse(status: int, code: str, more: str = "") -> Given:
        """An error as S3 writes it, with a text that no user should see."""
        text = f"<Error><Code>{code}</Code><Message>X-Amz-Signature=abc</Message>{more}</Error>"
        return Given(status, text.encode(), (("Content-Type", "application/xml"),))

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"  # the client of S3 asks whether to go on before it sends a body

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                asked = Asked(self.command, self.path, self.headers, body)
                server.asked.append(asked)
                given = server.respond(asked)
                if given.silent:
                    server.over.wait(50)
                    self.close_connection = True
                    return
                self.send_response(given.status)
                for name, value in given.headers:
                    self.send_header(name, value)
                if not any(name in ("Content-Length", "Transfer-Encoding") for name, _ in given.headers):
                    self.send_header("Content-Length", str(len(given.body)))
                self.send_header("Connection", "close")
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(given.body[: given.cut])

            do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = answer  # noqa: N815  # the names that the library looks up

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that answers whatever a test wants."""
    server = Server()
    yield server
    server.close()


@pytest.fixture
def check_files() -> Callable[[RemoteFiles], None]:
    """What every kind of files does."""

    def check_files(files: RemoteFiles) -> None:
        assert files.beginning(["runs/ab/cd"]) == [] and list(files.entries("runs")) == []
        assert files.read("runs/ab/cd.1") is None
        for name in ("runs/ab/cd.2", "runs/ab/cd.1", "runs/ab/cde.1", "runs/ac/cd.1", "runs/ab/cd", "else/ab/cd.1"):
            files.write(name, name.encode())
        files.write("runs/ab/cd.1", b"anew")
        assert files.read("runs/ab/cd.1") == b"anew" and files.read("runs/ab/cd.2") == b"runs/ab/cd.2"
        assert files.beginning(["runs/ab/cd", "runs/ac/cd"]) == [
            "runs/ab/cd",
            "runs/ab/cd.1",
            "runs/ab/cd.2",
            "runs/ac/cd.1",
        ]
        entries = list(files.entries("runs"))
        assert [entry.name for entry in entries] == sorted(entry.name for entry in entries) and len(entries) == 5
        assert (entries[1].name, entries[1].size) == ("runs/ab/cd.1", 4) and entries[1].written > 1_600_000_000
        assert files.remove(["runs/ab/cd.1", "runs/ab/none"]) == {}
        assert files.read("runs/ab/cd.1") is None and len(list(files.entries("runs"))) == 4
        files.write("runs/large", bytes(FILE_LIMIT + 1))
        assert files.read("runs/large") is None

    return check_files
