from collections.abc import Callable

from pivot_remote import Remote, RemoteFiles, S3Store


def test_a_bucket(bucket: Remote, check_files: Callable[[RemoteFiles], None]) -> None:
    with S3Store(bucket) as store:
        check_files(store.files)


def test_a_bucket_whose_prefix_has_dots(bucket: Remote) -> None:
    with S3Store(bucket._replace(url=f"{bucket.url}/v1.2")) as store:
        store.files.write("runs/ab/cd.1", b"x")
        assert store.files.beginning(["runs/ab/cd"]) == ["runs/ab/cd.1"]
