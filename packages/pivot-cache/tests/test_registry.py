"""Who uses a cache directory."""

import os

import pytest

from pivot_cache import DiskError, hash_bytes
from pivot_cache.registry import Registry


def test_users_come_and_go(store):
    registry = Registry(store.layout)
    assert registry.roots() == []
    registry.remove("/never/there")
    for root in ("/b", "/a", "/a", "/odd\nname \udcff"):
        registry.add(root)
    assert registry.roots() == ["/a", "/b", "/odd\nname \udcff"]
    registry.remove("/b")
    assert registry.roots() == ["/a", "/odd\nname \udcff"]


def test_what_others_put_there_is_not_believed(store):
    registry = Registry(store.layout)
    registry.add("/a")
    directory = os.path.join(store.root, "projects")
    for name, text in ((hash_bytes(b"/b"), "/c"), ("README", "/d"), (hash_bytes(b""), "x" * 100_000)):
        with open(os.path.join(directory, name), "w") as file:
            file.write(text)
    os.mkfifo(os.path.join(directory, hash_bytes(b"/fifo")))
    assert registry.roots() == ["/a"]


def test_a_registry_that_is_no_directory(store):
    store.add_bytes(b"x")
    with open(os.path.join(store.root, "projects"), "w"):
        pass
    registry = Registry(store.layout)
    with pytest.raises(DiskError):
        registry.roots()
    with pytest.raises(DiskError):
        registry.add("/a")
