"""A map is safe: nobody can take the file away from under it."""

import fcntl
import os
import subprocess
from mmap import PAGESIZE

import pytest

from pivot_cache import hash_bytes, hash_file, mapped
from pivot_cache.hashing import LARGE, hash_descriptor
from pivot_cache.mapped import hash_leased

SIZES = [0, 1, 1024, 65536, LARGE - 1, LARGE, LARGE + 1, 3 * LARGE + 77]


def content(size):
    return (b"0123456789abcdef-" * (size // 17 + 1))[:size]


@pytest.mark.parametrize("size", SIZES)
def test_private_file_of_any_size(work, size):
    descriptor = os.open(work.write("a", content(size)), os.O_RDONLY)
    assert mapped.hash_private(descriptor) == hash_bytes(content(size))
    os.close(descriptor)


@pytest.mark.parametrize("size", [0, PAGESIZE - 1, PAGESIZE, 4 * PAGESIZE, 4 * PAGESIZE + 1])
def test_it_is_mapped_a_part_at_a_time(work, monkeypatch, size):
    """So that a Ctrl-C is heard in between, and memory does not grow with the file."""
    lengths = []

    class Map(mapped.mmap):
        def __new__(cls, descriptor, length, **options):
            lengths.append(length)
            return super().__new__(cls, descriptor, length, **options)

    monkeypatch.setattr(mapped, "mmap", Map)
    monkeypatch.setattr(mapped, "AT_ONCE", PAGESIZE)
    descriptor = os.open(work.write("a", content(size)), os.O_RDONLY)
    assert mapped.hash_private(descriptor) == hash_bytes(content(size))
    assert sum(lengths) == size and all(length <= PAGESIZE for length in lengths)
    os.close(descriptor)


def test_a_file_that_became_shorter_is_read_in_pieces(work, monkeypatch):
    def shorter(descriptor):
        raise ValueError("mmap length is greater than file size")

    monkeypatch.setattr(mapped, "hash_private", shorter)
    assert hash_file(work.write("a", content(LARGE))) == hash_bytes(content(LARGE))


@pytest.mark.parametrize("size", [LARGE, 3 * LARGE + 77])
def test_large_file_that_somebody_has_open_to_write_is_read_in_pieces(work, size, monkeypatch):
    path = work.write("a", content(size))
    monkeypatch.setattr(mapped, "hash_private", lambda descriptor: pytest.fail("mapped without a lease"))
    with open(path, "r+b"):
        assert hash_file(path) == hash_bytes(content(size))


def test_large_file_on_a_system_without_leases(work, monkeypatch):
    path = work.write("a", content(LARGE))
    monkeypatch.delattr(fcntl, "F_SETLEASE", raising=False)
    assert hash_file(path) == hash_bytes(content(LARGE))


def test_no_one_truncates_a_file_while_it_is_mapped(work, python, monkeypatch):
    path = work.write("a", content(LARGE))
    hash_private = mapped.hash_private
    after = []

    def map_while_another_truncates(descriptor):
        after.append(python("import os, sys; print('go', flush=True); os.truncate(sys.argv[1], 0)", path))
        assert after[0].stdout.readline() == "go\n"
        with pytest.raises(subprocess.TimeoutExpired):
            after[0].wait(0.2)
        return hash_private(descriptor)

    monkeypatch.setattr(mapped, "hash_private", map_while_another_truncates)
    descriptor = os.open(path, os.O_RDONLY)
    # The file is cut as soon as the lease is given back, so the second try sees an empty one.
    digest, status = hash_descriptor(descriptor, "a")
    after[0].wait(50)
    os.close(descriptor)
    assert digest == hash_bytes(content(LARGE)) or (digest, status.st_size) == (hash_bytes(b""), 0)


def test_a_lease_is_given_back(work):
    path = work.write("a", content(LARGE))
    descriptor = os.open(path, os.O_RDONLY)
    assert hash_leased(descriptor, LARGE) == hash_bytes(content(LARGE))
    os.truncate(path, 1)  # would wait, and the lease be broken by force after 45 s
    assert hash_leased(descriptor, LARGE) is None
    os.close(descriptor)
