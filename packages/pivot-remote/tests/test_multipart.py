from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any, BinaryIO

import boto3
import pytest

from buckets import CREDENTIALS, Buckets
from pivot_cache import ObjectCorrupt, ObjectId, hash_bytes
from pivot_remote import Remote, S3Store, ServerFailed
from pivot_remote.connection import Connection
from pivot_remote.location import S3Location
from pivot_remote.multipart import Condition, Multipart, Part, crc_of, is_same

PART = 1000
DATA = bytes(range(256)) * 20
OID = hash_bytes(DATA)


class Side:
    """What the server knows, asked behind the back of the store."""

    def __init__(self, remote: Remote) -> None:
        location = remote.location()
        assert isinstance(location, S3Location)
        self.bucket = location.bucket
        self.key = f"{location.prefix}objects/{OID[:2]}/{OID[2:]}"
        self.client: Any = boto3.client(
            "s3",
            endpoint_url=remote.endpoint_url,
            region_name="us-east-1",
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        )

    def begin(self, *parts: bytes, key: str | None = None) -> str:
        """Leave an upload over."""
        name = self.client.create_multipart_upload(Bucket=self.bucket, Key=key or self.key)["UploadId"]
        for number, data in enumerate(parts, 1):
            self.client.upload_part(
                Bucket=self.bucket, Key=key or self.key, UploadId=name, PartNumber=number, Body=data
            )
        return name

    def uploads(self) -> list[str]:
        found = self.client.list_multipart_uploads(Bucket=self.bucket).get("Uploads", [])
        return [one["UploadId"] for one in found]


@pytest.fixture
def side(bucket: Remote) -> Side:
    return Side(bucket)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the parts that are sent."""
    numbers: list[int] = []
    send = Multipart.send

    def noted(self: Multipart, key: str, name: str, number: int, data: bytes) -> Part:
        numbers.append(number)
        return send(self, key, name, number, data)

    monkeypatch.setattr(Multipart, "send", noted)
    return numbers


def push(bucket: Remote, data: bytes = DATA, oid: ObjectId = OID) -> None:
    with S3Store(bucket, part=PART) as store:
        store.add_from(oid, len(DATA), opener(data))
        assert store.read(oid) == DATA


def opener(data: bytes) -> Callable[[int], BinaryIO]:
    return lambda start: BytesIO(data[start:])


@pytest.mark.parametrize("lacking", ["UploadId", "ETag"])
def test_a_server_that_tells_too_little_of_parts(server, lacking: str) -> None:
    def respond(asked) -> Any:
        if asked.method == "POST" and lacking != "UploadId":
            return server.give(
                200, b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"
            )
        return server.give(200, b"<Result/>" if asked.method == "POST" else b"")

    server.respond = respond
    with S3Store(server.remote, part=PART) as store, pytest.raises(ServerFailed, match=f"it tells no {lacking}"):
        store.add(OID, BytesIO(DATA))


def test_parts_that_are_there_are_not_sent_again(bucket: Remote, side: Side, sent: list[int]) -> None:
    side.begin(DATA[:PART], DATA[PART : 2 * PART], b"something else", DATA[3 * PART : 4 * PART])
    push(bucket)
    assert sorted(sent) == [3, 5, 6]
    assert side.uploads() == []


def test_the_checksum_of_each_part_is_told_in_the_end(
    bucket: Remote, side: Side, sent: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    complete = Multipart.complete

    def noted(self: Multipart, key: str, name: str, parts: Sequence[Part], condition: Condition) -> object:
        told.extend(part.checksum for part in parts)
        return complete(self, key, name, parts, condition)

    monkeypatch.setattr(Multipart, "complete", noted)
    side.begin(DATA[:PART])
    push(bucket)
    assert sorted(sent) == [2, 3, 4, 5, 6]
    assert told == [crc_of(DATA[start : start + PART]) for start in range(0, len(DATA), PART)]


def test_parts_of_another_size_are_sent_again(bucket: Remote, side: Side, sent: list[int]) -> None:
    side.begin(*(DATA[start : start + 400] for start in range(0, len(DATA), 400)))
    push(bucket)
    assert sorted(sent) == [1, 2, 3, 4, 5, 6]
    assert side.uploads() == []


def test_only_uploads_of_this_object_are_gone_on_with(bucket: Remote, side: Side, sent: list[int]) -> None:
    other = side.begin(DATA[:PART], key=side.key[:-1] + "z")
    push(bucket)
    assert len(sent) == 6
    assert side.uploads() == [other]


def test_an_upload_that_somebody_ended_meanwhile_is_begun_anew(bucket: Remote, side: Side, sent: list[int]) -> None:
    name = side.begin(DATA[:PART])
    opened: list[int] = []

    def abort() -> None:
        if len(opened) == 1:
            side.client.abort_multipart_upload(Bucket=side.bucket, Key=side.key, UploadId=name)

    def open_from(start: int) -> BinaryIO:
        opened.append(start)
        return Ending(DATA[start:], abort)

    with S3Store(bucket, part=PART) as store:
        store.add_from(OID, len(DATA), open_from)
        assert store.read(OID) == DATA
    assert opened == [0, 0]
    assert side.uploads() == []


def test_an_upload_that_somebody_completed_meanwhile_is_enough(bucket: Remote, side: Side) -> None:
    name = side.begin(*(DATA[start : start + PART] for start in range(0, len(DATA), PART)))
    parts = side.client.list_parts(Bucket=side.bucket, Key=side.key, UploadId=name)["Parts"]
    given = {"Parts": [{"PartNumber": one["PartNumber"], "ETag": one["ETag"]} for one in parts]}

    def complete() -> object:
        return side.client.complete_multipart_upload(
            Bucket=side.bucket, Key=side.key, UploadId=name, MultipartUpload=given
        )

    with S3Store(bucket, part=PART) as store:
        store.add_from(OID, len(DATA), lambda start: Ending(DATA[start:], complete))
        assert store.read(OID) == DATA
    assert side.uploads() == []


class Ending(BytesIO):
    """Does something when its end is read."""

    def __init__(self, data: bytes, do: Callable[[], object]) -> None:
        super().__init__(data)
        self.do: Callable[[], object] | None = do

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        if not data and self.do is not None:
            self.do()
            self.do = None
        return data


def test_wrong_bytes_end_the_upload(bucket: Remote, side: Side) -> None:
    side.begin(DATA[:PART])
    with S3Store(bucket, part=PART) as store, pytest.raises(ObjectCorrupt):
        store.add_from(OID, len(DATA), opener(DATA[:-1] + b"x"))
    assert side.uploads() == []


def test_after_an_interrupt_the_parts_stay(bucket: Remote, side: Side, sent: list[int]) -> None:
    class Interrupted(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            data = super().read(size)
            if not data:
                raise KeyboardInterrupt
            return data

    with S3Store(bucket, part=PART) as store, pytest.raises(KeyboardInterrupt):
        store.add_from(OID, len(DATA), lambda _: Interrupted(DATA[: 4 * PART]))
    assert len(side.uploads()) == 1
    sent.clear()
    push(bucket)
    assert {5, 6} <= set(sent) < {1, 2, 3, 4, 5, 6}
    assert side.uploads() == []


OLD, NEW = "2020-01-01T00:00:00.000Z", "2999-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("begun", "added", "stays"), [(OLD, "", False), (OLD, OLD, False), (OLD, NEW, True), (NEW, "", True)]
)
def test_what_nobody_added_to_for_a_week_is_removed(server: Any, begun: str, added: str, stays: bool) -> None:
    upload = f"<Upload><Key>objects/a</Key><UploadId>one</UploadId><Initiated>{begun}</Initiated></Upload>"
    part = f"<Part><LastModified>{added}</LastModified></Part>" if added else ""

    def respond(asked: Any) -> Any:
        if asked.method == "DELETE":
            return server.give(204)
        return server.give(200, f"<Listing>{upload if 'prefix' in asked.path else part}</Listing>".encode())

    server.respond = respond
    multipart = Multipart(Connection(server.remote, S3Location("bucket", ""), server.limits), "objects/")
    assert multipart.take_left("objects/a") == (("one", {}) if stays else None)
    assert ["DELETE" in asked.method for asked in server.asked].count(True) == (not stays)
    assert multipart.take_left("objects/a") is None


@pytest.mark.parametrize("answer", [b"", b"<html>", b"<Error><Code>NotImplemented</Code></Error>"])
def test_a_server_that_does_not_tell_has_none(server: Any, answer: bytes) -> None:
    server.respond = lambda asked: server.give(200 if answer else 501, answer)
    multipart = Multipart(Connection(server.remote, S3Location("bucket", ""), server.limits), "objects/")
    assert multipart.take_left("objects/a") is None


def test_what_a_part_is_told_by() -> None:
    md5 = "9e107d9d372bb6826bd81d3542a419d6"
    data = b"The quick brown fox jumps over the lazy dog"
    assert is_same(Part(1, len(data), f'"{md5}"', ""), data)
    assert is_same(Part(1, len(data), "anything", crc_of(data)), data)
    assert not is_same(Part(1, len(data), f'"{md5}"', crc_of(b"x")), data)
    assert not is_same(Part(1, len(data), "anything", ""), data)
    assert not is_same(Part(1, len(data) + 1, f'"{md5}"', crc_of(data)), data)


def test_the_server_and_buckets_agree(s3: Buckets, bucket: Remote) -> None:
    push(bucket)
    location = bucket.location()
    assert isinstance(location, S3Location)
    assert any(key.endswith(OID[2:]) for key in s3.keys(location.bucket))
