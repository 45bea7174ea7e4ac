"""The one call that flushes a file system."""

import errno

import pytest

from pivot_cache import flush
from pivot_cache.flush import flush_file_system


def test_it_works(tmp_path):
    assert flush_file_system(str(tmp_path))


def test_its_error_is_an_os_error(tmp_path, monkeypatch):
    class Library:
        @staticmethod
        def syncfs(descriptor):
            flush.ctypes.set_errno(errno.EIO)
            return -1

    monkeypatch.setattr(flush, "_library", Library)
    with pytest.raises(OSError, match="Input/output") as caught:
        flush_file_system(str(tmp_path))
    assert caught.value.errno == errno.EIO


def test_a_system_without_it(tmp_path, monkeypatch):
    monkeypatch.setattr(flush, "_library", object())
    assert not flush_file_system(str(tmp_path))


def test_no_such_directory(tmp_path):
    with pytest.raises(FileNotFoundError):
        flush_file_system(str(tmp_path / "no"))
