"""Stamps differ when a file may, and are believed only when the file is clearly older than the look."""

import os

from pivot_cache.stamp import RACY_NS, STAMP_SIZE, is_settled, stamp


def test_the_same_file_has_the_same_stamp(work):
    path = work.write("a", "1")
    assert stamp(os.stat(path)) == stamp(os.lstat(path))
    assert len(stamp(os.stat(path))) == STAMP_SIZE


def test_another_inode_size_time_or_mode_is_another_stamp(work):
    path = work.write("a", "1")
    os.utime(path, ns=(10, 10))
    seen = [stamp(os.stat(path))]
    path.write_text("22")
    os.utime(path, ns=(10, 10))
    seen.append(stamp(os.stat(path)))
    os.utime(path, ns=(10, 11))
    seen.append(stamp(os.stat(path)))
    path.chmod(0o755)
    seen.append(stamp(os.stat(path)))
    work.write("b", "22", mode=0o755).rename(path)
    os.utime(path, ns=(10, 11))
    seen.append(stamp(os.stat(path)))
    assert len(set(seen)) == len(seen)


def test_times_before_1970_and_after_2262_have_stamps(work):
    path = work.write("a")
    os.utime(path, ns=(-(10**18), -(10**18)))
    assert len(stamp(os.stat(path))) == STAMP_SIZE


def test_settled_needs_both_times_to_be_old(work):
    path = work.write("a")
    os.utime(path, ns=(0, 0))
    status = os.stat(path)
    assert not is_settled(status, status.st_ctime_ns)
    assert not is_settled(status, status.st_ctime_ns + RACY_NS - 1)
    assert is_settled(status, status.st_ctime_ns + RACY_NS)
    os.utime(path, ns=(0, status.st_ctime_ns + 10**15))
    status = os.stat(path)
    assert not is_settled(status, status.st_ctime_ns + RACY_NS)
