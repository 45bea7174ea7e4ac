from pathlib import Path

from pivot_cache import LocalStore, MemoryStore
from pivot_remote import DirectoryStore, Remote, RemoteStore, S3Store


def test_remotes_are_remote_stores_and_others_are_not(tmp_path: Path) -> None:
    assert isinstance(DirectoryStore(Remote(f"file://{tmp_path}")), RemoteStore)
    assert isinstance(S3Store(Remote("s3://bucket")), RemoteStore)
    assert not isinstance(MemoryStore(), RemoteStore)
    assert not isinstance(LocalStore(tmp_path), RemoteStore)
