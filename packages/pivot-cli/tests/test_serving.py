"""A real socket with methods of the test's own."""

import json
import os
import queue
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pivot.errors import StorageError, UsageError
from pivot_cli import serving
from pivot_cli.serving import Server


class Client:
    def __init__(self, server: Server) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(50)
        self.socket.connect(str(server.path))
        self.lines = self.socket.makefile()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def call(self, method: str, **params: Any) -> Any:
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        self.send(json.dumps(request).encode() + b"\n")
        return self.read()

    def read(self) -> Any:
        line = self.lines.readline()
        return json.loads(line) if line else None

    def close(self) -> None:
        self.lines.close()
        self.socket.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path, {"echo": lambda text: text})
    yield made
    made.close()


@pytest.fixture
def connect(server: Server) -> Iterator[Callable[[], Client]]:
    made: list[Client] = []

    def make() -> Client:
        made.append(Client(server))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_only_its_owner_may_connect(server: Server) -> None:
    mode = server.path.stat().st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o600


def test_each_client_gets_its_answers(connect: Any) -> None:
    one, two = connect(), connect()
    assert one.call("echo", text="1")["result"] == "1" and two.call("echo", text="2")["result"] == "2"
    one.send(b'\n{"jsonrpc": "2.0", "id": 5, "method": "echo", "pa')
    one.send(b'rams": ["in two parts"]}\n')
    assert one.read() == {"jsonrpc": "2.0", "id": 5, "result": "in two parts"}


def test_events_come_to_those_who_subscribed(server: Server, connect: Any) -> None:
    one, two = connect(), connect()
    assert one.call("subscribe")["result"] == {"subscribed": True}
    two.call("echo", text="")
    server.tell({"event": "idle"})
    assert one.read() == {"jsonrpc": "2.0", "method": "event", "params": {"event": "idle"}}
    assert two.call("echo", text="no event before this")["result"] == "no event before this"


def test_who_does_not_read_is_let_go_and_holds_up_nobody(
    server: Server, connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "BACKLOG", 1 << 16)
    deaf, other = connect(), connect()
    deaf.call("subscribe")
    other.call("subscribe")
    for number in range(200):
        server.tell({"number": number, "text": "x" * 8192})
        assert other.read()["params"]["number"] == number
    assert len(server._clients) == 1


def test_who_asks_much_at_once_holds_up_nobody(tmp_path: Path) -> None:
    asked: list[str] = []
    busy, go_on = threading.Event(), threading.Event()

    def ask(name: str) -> str:
        asked.append(name)
        if name == "first":
            busy.set()
            go_on.wait(50)
        return name

    server = Server(tmp_path, {"ask": ask})
    greedy, other = Client(server), Client(server)
    other.call("ask", name="hello")
    one = b'{"jsonrpc": "2.0", "id": 1, "method": "ask", "params": ["%s"]}\n'
    greedy.send(one % b"first" + one % b"more" * 100)
    busy.wait(50)
    other.send(one % b"other")
    go_on.set()
    assert other.read()["result"] == "other"
    assert asked.index("other") < 5
    assert [greedy.read()["result"] for _ in range(101)] == ["first"] + ["more"] * 100
    for client in (greedy, other):
        client.close()
    server.close()


def test_who_asks_and_leaves_is_heard(tmp_path: Path) -> None:
    asked: queue.SimpleQueue[int] = queue.SimpleQueue()
    server = Server(tmp_path, {"ask": asked.put})
    client = Client(server)
    client.send(b"".join(b'{"jsonrpc": "2.0", "method": "ask", "params": [%d]}\n' % number for number in range(20)))
    client.close()
    assert [asked.get(timeout=50) for _ in range(20)] == list(range(20))
    server.close()


def test_a_request_without_end_is_not_kept(server: Server, connect: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "LONGEST", 1 << 16)
    one = connect()
    with pytest.raises(OSError):
        while True:
            one.send(b"x" * 65536)
    assert connect().call("echo", text="still there")["result"] == "still there"


def test_what_a_watch_left_behind_is_replaced_and_one_that_lives_is_not(tmp_path: Path) -> None:
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(tmp_path / "watch.sock"))
    left.close()
    server = Server(tmp_path, {})
    try:
        with pytest.raises(UsageError, match="already"):
            Server(tmp_path, {})
    finally:
        server.close()
    assert not os.path.lexists(tmp_path / "watch.sock")
    Server(tmp_path, {}).close()


def test_a_name_that_is_too_long_says_so(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100)
    with pytest.raises(StorageError, match="cannot listen"):
        Server(deep, {})
