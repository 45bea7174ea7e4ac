"""The short way: what goes well goes well, and anything else is None and changes nothing."""

from contextlib import suppress
from pathlib import Path

import pytest

from pivot_remote import Remote
from pivot_remote.question import CHECKSUM, Question
from pivot_remote.signature import Credentials, Signer
from pivot_remote.wire import Wire, bucket_address, is_direct, simple_credentials, simple_region

SIGNER = Signer(lambda: Credentials("key", "secret"), "us-east-1")


@pytest.fixture
def wire(server):
    wire = Wire(f"{server.endpoint}/bucket", SIGNER, connect=20, timeout=20)
    yield wire
    wire.close()


def test_a_request_and_its_answer(server, wire: Wire) -> None:
    server.respond = lambda asked: server.give(200, asked.body, ("ETag", '"tag"'))
    answer = wire.send(Question("PUT", "a b/c", {"partNumber": "1", "uploadId": "x+y"}, body=b"data"))
    assert answer is not None
    assert (answer.status, answer.headers["etag"], answer.body) == (200, '"tag"', b"data")
    [asked] = server.asked
    assert asked.path == "/bucket/a%20b/c?partNumber=1&uploadId=x%2By"
    assert asked.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=key/")


@pytest.mark.parametrize(
    ("scheme", "headers", "named", "signed"),
    [
        ("http", {}, True, True),
        ("http", {CHECKSUM: "AAAAAA=="}, False, True),
        ("http", {CHECKSUM: "AAAAAA=="}, True, False),
        ("https", {}, True, True),
        ("https", {CHECKSUM: "AAAAAA=="}, False, False),
        ("https", {CHECKSUM: "AAAAAA=="}, True, False),
    ],
)
def test_a_body_is_signed_unless_a_checksum_covers_it_and_tls_or_its_name(
    scheme: str, headers: dict, named: bool, signed: bool
) -> None:
    bodies: list[bytes | None] = []

    class Noting(Signer):
        def headers(self, method, host, path, query, body, more):
            bodies.append(body)
            return super().headers(method, host, path, query, body, more)

    wire = Wire(
        f"{scheme}://127.0.0.1:1/bucket", Noting(lambda: Credentials("key", "secret"), "r"), connect=1, timeout=1
    )
    assert wire.send(Question("PUT", "key", body=b"data", headers=headers, named=named)) is None  # nobody is there
    assert bodies == [b"data" if signed else None]


@pytest.mark.parametrize(
    "given", [{"status": 500}, {"status": 403}, {"status": 301}, {"status": 200, "body": b"12345", "cut": 2}]
)
def test_what_does_not_go_well_is_none(server, wire: Wire, given: dict) -> None:
    server.respond = lambda _: server.give(**given)
    assert wire.send(Question("GET", "key")) is None
    assert len(server.asked) == 1


def test_a_server_that_is_silent_or_gone(server, wire: Wire) -> None:
    server.respond = lambda _: server.give(200, silent=True)
    quick = Wire(f"{server.endpoint}/bucket", SIGNER, connect=20, timeout=0.05)
    assert quick.send(Question("GET", "key")) is None
    assert Wire("http://127.0.0.1:1/bucket", SIGNER, connect=1, timeout=1).send(Question("GET", "key")) is None


def test_after_some_failures_in_a_row_it_is_not_asked_any_more(server, wire: Wire) -> None:
    server.respond = lambda _: server.give(503)
    for _ in range(4):
        wire.send(Question("GET", "key"))
    assert wire.works
    server.respond = lambda _: server.give(200)
    assert wire.send(Question("GET", "key")) and wire.works
    server.respond = lambda _: server.give(503)
    for _ in range(5):
        wire.send(Question("GET", "key"))
    assert not wire.works


def test_a_stream_is_read_in_pieces_and_tells_of_a_cut(server, wire: Wire) -> None:
    server.respond = lambda _: server.give(200, b"0123456789", cut=6)
    answer = wire.send(Question("GET", "key", streamed=True))
    assert answer is not None and answer.stream is not None
    got = b""
    with suppress(OSError):  # how a cut shows depends on the moment: an error, or an end too soon
        while piece := answer.stream.read(4):
            got += piece
    assert got == b"012345"
    answer.stream.close()
    answer.stream.close()


def test_credentials_that_the_environment_holds() -> None:
    environ = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token"}
    remote = Remote("s3://bucket")
    assert simple_credentials(remote, environ) == Credentials("key", "secret", "token")
    assert simple_credentials(remote._replace(profile="me"), environ) is None
    assert simple_credentials(remote, {**environ, "AWS_PROFILE": "me"}) is None
    assert simple_credentials(remote, {"AWS_ACCESS_KEY_ID": "key"}) is None


def test_what_changes_the_way() -> None:
    assert is_direct({"AWS_PROFILE": "x"})
    assert not is_direct({"https_proxy": "http://proxy"})


@pytest.mark.parametrize(
    ("endpoint", "bucket", "address"),
    [
        ("http://127.0.0.1:9000/", "bucket", "http://127.0.0.1:9000/bucket"),
        ("https://s3.eu-central-1.amazonaws.com", "bucket", "https://bucket.s3.eu-central-1.amazonaws.com"),
        ("https://s3.eu-central-1.amazonaws.com", "buc.ket", "https://s3.eu-central-1.amazonaws.com/buc.ket"),
        ("https://s3.amazonaws.com.example.org", "bucket", "https://s3.amazonaws.com.example.org/bucket"),
    ],
)
def test_where_a_bucket_is(endpoint: str, bucket: str, address: str) -> None:
    assert bucket_address(endpoint, bucket) == address


def test_a_region_that_nobody_named(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path)}
    assert simple_region(home) == "us-east-1"
    assert simple_region(home | {"AWS_DEFAULT_REGION": "eu-1"}) == "eu-1"
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text("[default]\nregion = eu-2\n")
    assert simple_region(home) is None
    assert simple_region(home | {"AWS_CONFIG_FILE": str(tmp_path / "none")}) == "us-east-1"
