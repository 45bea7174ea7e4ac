import time
from collections.abc import Iterator
from io import BytesIO
from math import inf
from pathlib import Path
from typing import Any

import pytest

from pivot_cache import LocalStore, ObjectCorrupt, ObjectMissing, hash_bytes
from pivot_cache.conformance import CHECKS
from pivot_remote import (
    BucketMissing,
    ClockSkew,
    CredentialsRefused,
    InvalidLocation,
    NotS3,
    PermissionMissing,
    Remote,
    RemoteError,
    RemoteTooNew,
    S3Store,
    TooLarge,
    WrongRegion,
)
from pivot_remote.connection import Connection
from pivot_remote.s3 import read_time
from pivot_remote.wire import Question

OID = hash_bytes(b"data")


@pytest.fixture
def store(bucket: Remote) -> Iterator[S3Store]:
    with S3Store(bucket) as store:
        yield store


@pytest.fixture
def client(bucket: Remote) -> Iterator[Any]:
    """Somebody else who uses the bucket."""
    import boto3

    client = boto3.client("s3", endpoint_url=bucket.endpoint_url, region_name=bucket.region)
    yield client
    client.close()


def name_of(bucket: Remote) -> str:
    return bucket.url.split("/")[2]


def keys_of(client: Any, bucket: Remote) -> dict[str, int]:
    listed = client.list_objects_v2(Bucket=name_of(bucket)).get("Contents", [])
    return {entry["Key"]: entry["Size"] for entry in listed}


def key_of(oid: str) -> str:
    return f"some/prefix/objects/{oid[:2]}/{oid[2:]}"


@pytest.fixture
def requests(store: S3Store, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the store asks the server for, by either way."""
    asked: list[str] = []
    quick = store._connection.quick

    def watch(question: Question) -> Any:
        asked.append(f"{question.method} {'an object' if question.key else 'a listing'}")
        return quick(question)

    monkeypatch.setattr(store._connection, "quick", watch)
    store._connection.client.meta.events.register("before-call.s3", lambda model, **_: asked.append(model.name))
    return asked


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_conformance(check, store: S3Store) -> None:
    check(store)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_conformance_without_a_prefix_and_in_parts(check, bucket: Remote) -> None:
    with S3Store(bucket._replace(url=f"s3://{name_of(bucket)}"), part=100_000) as store:
        check(store)


def test_the_layout_is_that_of_a_cache(bucket: Remote, store: S3Store, client: Any) -> None:
    assert store.add_bytes(b"data") == OID
    assert keys_of(client, bucket) == {"some/prefix/format": 2, key_of(OID): 4}
    assert client.get_object(Bucket=name_of(bucket), Key="some/prefix/format")["Body"].read() == b"1\n"


def test_a_cache_that_some_tool_copied_is_a_valid_remote(
    tmp_path: Path, bucket: Remote, store: S3Store, client: Any
) -> None:
    cache = LocalStore(tmp_path)
    added = {cache.add_bytes(data): data for data in (b"one", b"two", b"three")}
    for path in tmp_path.rglob("*"):
        if path.is_file():
            client.upload_file(str(path), name_of(bucket), f"some/prefix/{path.relative_to(tmp_path)}")
    assert set(store.ids()) == set(added)
    assert {oid: store.read(oid) for oid in added} == added


def test_looking_writes_nothing(bucket: Remote, store: S3Store, client: Any) -> None:
    assert not store.has(OID)
    with pytest.raises(ObjectMissing):
        store.read(OID)
    assert keys_of(client, bucket) == {}


def test_a_large_object_goes_in_parts(bucket: Remote, client: Any) -> None:
    data = bytes(range(256)) * 1000
    with S3Store(bucket, part=50_000) as store:
        oid = store.add_bytes(data)
        assert store.read(oid) == data
    head = client.head_object(Bucket=name_of(bucket), Key=key_of(oid))
    assert head["ETag"].strip('"').endswith("-6")


def test_wrong_bytes_leave_neither_object_nor_parts(bucket: Remote, client: Any) -> None:
    with S3Store(bucket, part=1000) as store, pytest.raises(ObjectCorrupt):
        store.add(OID, BytesIO(bytes(10_000)))
    assert key_of(OID) not in keys_of(client, bucket)
    assert "Uploads" not in client.list_multipart_uploads(Bucket=name_of(bucket))


@pytest.mark.parametrize("part", [8 << 20, 3])
def test_a_truncated_object_is_replaced(bucket: Remote, client: Any, part: int) -> None:
    client.put_object(Bucket=name_of(bucket), Key=key_of(OID), Body=b"da")
    with S3Store(bucket, part=part) as store:
        assert store.sizes([OID]) == {OID: 2}
        with pytest.raises(ObjectCorrupt):
            store.read(OID)
        store.add(OID, BytesIO(b"data"))
        assert store.read(OID) == b"data"


def test_an_object_that_is_there_is_not_written_again(bucket: Remote, store: S3Store, client: Any) -> None:
    store.add_bytes(b"data")
    before = client.head_object(Bucket=name_of(bucket), Key=key_of(OID))["LastModified"]
    client.put_object(Bucket=name_of(bucket), Key=key_of(OID), Body=b"DATA")
    store.add_bytes(b"data")
    assert client.get_object(Bucket=name_of(bucket), Key=key_of(OID))["Body"].read() == b"DATA", before


def test_many_objects_are_asked_for_in_one_request(store: S3Store, requests: list[str]) -> None:
    there = {store.add_bytes(b"%d" % number): len(str(number)) for number in range(30)}
    requests.clear()
    assert store.sizes([*there, OID]) == there
    assert requests == ["GET a listing"]


def test_a_few_objects_are_asked_for_singly(store: S3Store, requests: list[str]) -> None:
    there = {store.add_bytes(b"%d" % number): 1 for number in range(3)}
    requests.clear()
    assert store.sizes([*there, OID]) == there
    assert requests == ["HEAD an object"] * 4


@pytest.mark.parametrize("short_way", [True, False])
@pytest.mark.parametrize("count", [2, 30])
def test_what_is_old(store: S3Store, monkeypatch: pytest.MonkeyPatch, count: int, short_way: bool) -> None:
    there = {store.add_bytes(b"%d" % number) for number in range(count)}
    if not short_way:
        monkeypatch.setattr(Connection, "quick", lambda *_: None)
    for before, old in ((time.time() + 3600, there), (time.time() - 3600, set())):
        found = store.find([*there, OID], before)
        assert found.sizes.keys() == there and found.old == old


@pytest.mark.parametrize(("text", "seconds"), [("Thu, 01 Jan 1970 00:01:00 GMT", 60), ("", inf), ("yesterday", inf)])
def test_the_time_in_a_header(text: str, seconds: float) -> None:
    assert read_time(text) == seconds


def test_no_question_is_no_request(store: S3Store, requests: list[str]) -> None:
    assert store.missing([]) == set()
    assert requests == []


def test_other_keys_are_ignored(bucket: Remote, store: S3Store, client: Any) -> None:
    store.add_bytes(b"data")
    for key in ("objects/junk", "objects/ab/junk", f"objects/{OID}", f"objects/AB/{'C' * 62}", "runs/x", "readme"):
        client.put_object(Bucket=name_of(bucket), Key=f"some/prefix/{key}", Body=b"")
    client.put_object(Bucket=name_of(bucket), Key=f"objects/{OID[:2]}/{OID[2:]}", Body=b"another prefix")
    assert list(store.ids()) == [OID]


def test_ids_go_over_pages(server) -> None:
    oids = sorted(hash_bytes(b"%d" % number) for number in range(5))
    keys = [f"prefix/objects/{oid[:2]}/{oid[2:]}" for oid in oids]

    def respond(asked) -> Any:
        after = [key for key in keys if f"start-after={key.replace('/', '%2F')}" in asked.path]
        rest = keys[keys.index(after[0]) + 1 :] if after else keys
        entries = "".join(f"<Contents><Key>{key}</Key><Size>1</Size></Contents>" for key in rest[:2])
        more = str(len(rest) > 2).lower()
        return server.give(
            200, f"<ListBucketResult><IsTruncated>{more}</IsTruncated>{entries}</ListBucketResult>".encode()
        )

    server.respond = respond
    with S3Store(server.remote, limits=server.limits) as store:
        assert list(store.ids()) == oids
    assert len(server.asked) == 3


def test_a_listing_that_never_ends(server) -> None:
    entry = f"<Contents><Key>prefix/objects/00/{'0' * 62}</Key><Size>1</Size></Contents>"
    server.respond = lambda asked: server.give(200, f"<L><IsTruncated>true</IsTruncated>{entry}</L>".encode())
    with S3Store(server.remote, limits=server.limits) as store:
        with pytest.raises(NotS3, match="in no order"):
            list(store.ids())
        with pytest.raises(NotS3, match="in no order"):
            store.missing([hash_bytes(b"%d" % number) for number in range(50)])


def test_what_was_emptied_is_noticed(bucket: Remote, store: S3Store, client: Any) -> None:
    added = {store.add_bytes(b"%d" % number) for number in range(20)}
    assert store.missing(added) == set()
    for key in keys_of(client, bucket):
        client.delete_object(Bucket=name_of(bucket), Key=key)
    assert store.missing(added) == added
    assert not store.has(min(added))


def test_what_is_too_large_for_memory_is_not_read(monkeypatch: pytest.MonkeyPatch, store: S3Store) -> None:
    monkeypatch.setattr("pivot_remote.s3.READ_LIMIT", 3)
    with pytest.raises(TooLarge, match="more than 3 bytes"):
        store.read(store.add_bytes(b"data"))


def test_a_newer_remote_is_refused(bucket: Remote, client: Any) -> None:
    client.put_object(Bucket=name_of(bucket), Key="some/prefix/format", Body=b"2\n")
    for ask in QUESTIONS[:1] + QUESTIONS[2:]:
        with S3Store(bucket) as store, pytest.raises(RemoteTooNew, match="format 2"):
            ask(store)


def test_a_newer_format_that_appears_meanwhile_stays(server) -> None:
    formats = [server.refuse(404, "NoSuchKey"), server.give(200, b"10\n")]

    def respond(asked) -> Any:
        if asked.method == "GET":
            return formats.pop(0)
        return server.refuse(412, "PreconditionFailed") if asked.path.endswith("format") else server.give(200)

    server.respond = respond
    with S3Store(server.remote, limits=server.limits) as store, pytest.raises(RemoteTooNew, match="format 10"):
        store.add_bytes(b"data")
    assert [asked.method for asked in server.asked] == ["GET", "PUT", "GET"]


def test_an_empty_format_is_none(bucket: Remote, store: S3Store, client: Any) -> None:
    client.put_object(Bucket=name_of(bucket), Key="some/prefix/format", Body=b"")
    assert not store.has(OID)
    assert store.read(store.add_bytes(b"data")) == b"data"


QUESTIONS = [
    lambda store: store.has(OID),
    lambda store: list(store.ids()),
    lambda store: store.size(OID),
    lambda store: store.open(OID),
    lambda store: store.read(OID),
    lambda store: store.add(OID, BytesIO(b"data")),
]
MANY = [hash_bytes(b"%d" % number) for number in range(50)]
WORDS = ["has", "ids", "size", "open", "read", "add", "missing"]


@pytest.mark.parametrize("ask", [*QUESTIONS, lambda store: store.missing(MANY)], ids=WORDS)
def test_a_bucket_that_is_not_there(s3, ask) -> None:
    remote = Remote("s3://no-such-bucket/prefix", endpoint_url=s3.endpoint, region="us-east-1")
    with S3Store(remote) as store, pytest.raises(BucketMissing, match="no bucket no-such-bucket") as caught:
        ask(store)
    assert caught.value.bucket == "no-such-bucket"


@pytest.mark.parametrize("ask", [*QUESTIONS, lambda store: store.missing(MANY)], ids=WORDS)
@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (403, "AccessDenied", PermissionMissing),
        (403, "InvalidAccessKeyId", CredentialsRefused),
        (403, "RequestTimeTooSkewed", ClockSkew),
        (400, "AuthorizationHeaderMalformed", WrongRegion),
        (404, "NoSuchBucket", BucketMissing),
    ],
)
def test_what_is_wrong_with_all_is_said_plainly(server, ask, status: int, code: str, kind: type[RemoteError]) -> None:
    def respond(asked) -> Any:
        return server.give(status) if asked.method == "HEAD" else server.refuse(status, code)

    server.respond = respond
    with S3Store(server.remote, limits=server.limits) as store, pytest.raises(kind) as caught:
        ask(store)
    text = str(caught.value)
    assert text.startswith("s3://bucket/prefix: ")
    for secret in ("Signature=", "X-Amz", "Authorization", "key-of-the-tests", "secret-of-the-tests"):
        assert secret not in text


@pytest.mark.parametrize("ask", [*QUESTIONS, lambda store: store.missing(MANY)], ids=WORDS)
@pytest.mark.parametrize("status", [200, 404, 405])
def test_what_does_not_speak_s3(server, ask, status: int) -> None:
    server.respond = lambda asked: server.give(status, b"<!doctype html><html><body><p>Hello</body></html>")
    with S3Store(server.remote, limits=server.limits) as store, pytest.raises(NotS3) as caught:
        ask(store)
    assert caught.value.endpoint == server.endpoint


def test_a_directory_is_no_bucket() -> None:
    with pytest.raises(InvalidLocation, match="no bucket"):
        S3Store(Remote("file:///directory"))
