"""Small files of a remote in a bucket: read, written and listed with as few questions as there can be.

What they are for is known by their users; see ``files`` for what each method promises.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import batched
from typing import TYPE_CHECKING, Final

from pivot_cache import ObjectId, ObjectMissing
from pivot_remote.connection import Connection
from pivot_remote.errors import NotS3
from pivot_remote.files import FILE_LIMIT, Entry
from pivot_remote.presence import ListingBroken, Page, find_beginning, read_entries
from pivot_remote.stream import open_object
from pivot_remote.upload import Uploader

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import DeleteTypeDef

_LIST: Final = "s3:ListBucket"
_DELETE: Final = "s3:DeleteObject"
_AT_ONCE: Final = 1000  # names in one request to delete


class BucketFiles:
    """The files below a prefix. ``list_after`` returns the page of keys of a folder after a text."""

    def __init__(self, connection: Connection, uploader: Uploader, list_after: Callable[[str, str], Page]) -> None:
        self._connection = connection
        self._uploader = uploader
        self._list_after = list_after
        self._bucket = connection.location.bucket
        self._prefix = connection.location.prefix

    def beginning(self, stems: Iterable[str]) -> list[str]:
        wanted = list(stems)
        if not wanted:
            return []
        folder = f"{wanted[0].partition('/')[0]}/"
        found = find_beginning([self._prefix + stem for stem in wanted], lambda after: self._list_after(folder, after))
        return [key.removeprefix(self._prefix) for key in found]

    def entries(self, folder: str) -> Iterator[Entry]:
        pages = self._connection.client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=f"{self._prefix}{folder}/"
        )
        waiting = iter(pages)
        while page := self._connection.ask(_LIST, lambda: next(waiting, None)):
            try:
                for key, size, written in read_entries(page.get("Contents", [])):
                    yield Entry(key.removeprefix(self._prefix), size, written)
            except ListingBroken:
                place = self._connection.place
                raise NotS3(place.address, place.endpoint, "what it gives for a listing is none") from None

    def read(self, name: str) -> bytes | None:
        try:
            with open_object(self._connection, self._prefix + name, ObjectId(name)) as stream:
                data = stream.read(FILE_LIMIT + 1)
        except ObjectMissing:
            return None
        return data if len(data) <= FILE_LIMIT else None

    def write(self, name: str, data: bytes) -> None:
        self._uploader.overwrite(self._prefix + name, data)

    def remove(self, names: Iterable[str]) -> dict[str, str]:
        refused: dict[str, str] = {}
        client = self._connection.client
        for some in batched(names, _AT_ONCE, strict=False):
            wanted: DeleteTypeDef = {"Objects": [{"Key": self._prefix + name} for name in some], "Quiet": True}
            answer = self._connection.ask(_DELETE, partial(client.delete_objects, Bucket=self._bucket, Delete=wanted))
            for error in answer.get("Errors", []):
                refused[str(error.get("Key", "")).removeprefix(self._prefix)] = str(error.get("Code", ""))
        return refused
