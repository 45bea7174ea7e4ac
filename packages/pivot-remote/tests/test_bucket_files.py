from collections.abc import Callable
from math import inf

import pytest

from pivot_remote import NotS3, Remote, RemoteFiles, S3Store
from pivot_remote.files import Entry


def test_a_bucket(bucket: Remote, check_files: Callable[[RemoteFiles], None]) -> None:
    with S3Store(bucket) as store:
        check_files(store.files)


def test_a_bucket_whose_prefix_has_dots(bucket: Remote) -> None:
    with S3Store(bucket._replace(url=f"{bucket.url}/v1.2")) as store:
        store.files.write("runs/ab/cd.1", b"x")
        assert store.files.beginning(["runs/ab/cd"]) == ["runs/ab/cd.1"]


def listing(entry: str) -> bytes:
    return f"<ListBucketResult><Name>bucket</Name><Contents>{entry}</Contents></ListBucketResult>".encode()


def test_a_listing_without_times_is_of_files_that_are_new(server) -> None:
    server.respond = lambda asked: server.give(200, listing("<Key>prefix/runs/ab/cd</Key><Size>3</Size>"))
    with S3Store(server.remote) as store:
        assert list(store.files.entries("runs")) == [Entry("runs/ab/cd", 3, inf)]


@pytest.mark.parametrize("entry", ["<Key>prefix/objects/ab</Key>", "<Size>3</Size>"])
def test_a_listing_without_names_or_sizes_is_none(server, entry: str) -> None:
    server.respond = lambda asked: server.give(200, listing(entry))
    with S3Store(server.remote) as store:
        with pytest.raises(NotS3, match="listing"):
            list(store.files.entries("objects"))
        with pytest.raises(NotS3, match="listing"):
            list(store.ids())
