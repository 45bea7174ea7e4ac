"""Large files: copied inside the kernel and hashed at the same time on another core, or cloned where that is possible.

What is hashed is what was written: the target's bytes. Only ``save`` and ``restore`` come here, and only for a file
of some megabytes, so a thread is worth its price.
"""

import errno
import fcntl
import mmap
import os
import threading
from typing import Final

from blake3 import blake3

from pivot_cache.content import ObjectId
from pivot_cache.hashing import PIECE

READ_WRITE_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
"""For the targets of this module: new files, which are read as well."""
_FICLONE: Final = 0x40049409
_STEP: Final = 8 << 20
_NO_COPY_RANGE: Final = frozenset(
    (errno.EXDEV, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.EPERM, errno.EBADF, errno.ETXTBSY)
)


def clone(source: int, target: int) -> bool:
    """Make the target share the source's blocks (a reflink); False if this file system cannot."""
    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError:
        return False
    return True


def copy_hashed(source: int, target: int, size: int) -> tuple[ObjectId, int]:
    """Copy a file of about ``size`` bytes from its start; return the name and the length of what was written.

    Both are open descriptors; the target is open to read as well, and nobody else writes to it. Raises ``OSError``.
    """
    copying = _Copying(source, target)
    thread = threading.Thread(target=copying.run, name="pivot-copy", daemon=True)
    hasher = blake3()
    hashed = 0
    mapped: mmap.mmap | None = None
    os.ftruncate(target, size)
    if size:
        mapped = mmap.mmap(target, size, prot=mmap.PROT_READ)
    thread.start()
    try:
        with memoryview(mapped) if mapped is not None else memoryview(b"") as view:
            while True:
                done, finished = copying.wait_beyond(hashed)
                end = min(done, size)
                if hashed < end:
                    hasher.update(view[hashed:end])
                    hashed = end
                if finished:
                    break
    finally:
        copying.stop()
        thread.join()
        if mapped is not None:
            mapped.close()
    if copying.error is not None:
        raise copying.error
    if copying.done < size:
        os.ftruncate(target, copying.done)
    _hash_rest(hasher, target, hashed)
    return ObjectId(hasher.hexdigest()), copying.done


def _hash_rest(hasher: blake3, target: int, offset: int) -> None:
    """Hash what lies beyond the expected size: a file that grew while it was copied."""
    while data := os.pread(target, PIECE, offset):
        hasher.update(data)
        offset += len(data)


class _Copying:
    """The half that runs in a thread: copy in steps, and tell how far it is."""

    def __init__(self, source: int, target: int) -> None:
        self.done = 0
        self.error: OSError | None = None
        self._source = source
        self._target = target
        self._finished = False
        self._stopped = False
        self._changed = threading.Condition()

    def run(self) -> None:
        try:
            step = self._copy_range
            while not self._stopped:
                try:
                    count = step()
                except OSError as error:
                    if step is self._copy_range and error.errno in _NO_COPY_RANGE:
                        step = self._copy_through
                        continue
                    raise
                if count == 0 and step is self._copy_range and self.done == 0:
                    step = self._copy_through  # some file systems answer 0 for files whose length they make up
                    continue
                if count == 0:
                    break
                with self._changed:
                    self.done += count
                    self._changed.notify()
        except OSError as error:
            self.error = error
        finally:
            with self._changed:
                self._finished = True
                self._changed.notify()

    def wait_beyond(self, offset: int) -> tuple[int, bool]:
        """Wait until more than ``offset`` bytes are copied or the copy is over; return how many, and whether."""
        with self._changed:
            self._changed.wait_for(lambda: self.done > offset or self._finished)
            return self.done, self._finished

    def stop(self) -> None:
        self._stopped = True

    def _copy_range(self) -> int:
        return os.copy_file_range(self._source, self._target, _STEP, self.done, self.done)

    def _copy_through(self) -> int:
        data = os.pread(self._source, _STEP, self.done)
        written = 0
        while written < len(data):
            written += os.pwrite(self._target, data[written:], self.done + written)
        return written
