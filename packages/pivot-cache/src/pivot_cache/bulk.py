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
    """Copy a file of ``size`` bytes; return the name and the length of what was written.

    The length differs if the file changed: one that grows is followed for a byte beyond its size, no further. Both are
    open descriptors; the target is open to read as well, and nobody else writes to it. Raises ``OSError``.
    """
    copying = _Copying(source, target, size + 1)
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
    hasher.update(os.pread(target, 1, hashed))  # empty unless the file grew
    return ObjectId(hasher.hexdigest()), copying.done


class _Copying:
    """The half that runs in a thread: copy in steps, and tell how far it is."""

    def __init__(self, source: int, target: int, limit: int) -> None:
        self.done = 0
        self.error: OSError | None = None
        self._source = source
        self._target = target
        self._limit = limit
        self._in_kernel = True
        self._finished = False
        self._stopped = False
        self._changed = threading.Condition()

    def run(self) -> None:
        try:
            while not self._stopped and (count := self._step()):
                with self._changed:
                    self.done += count
                    self._changed.notify()
        except OSError as error:
            self.error = error
        finally:
            with self._changed:
                self._finished = True
                self._changed.notify()

    def _step(self) -> int:
        """Copy some bytes and return how many; 0 at the end."""
        wanted = min(_STEP, self._limit - self.done)
        if self._in_kernel:
            try:
                count = os.copy_file_range(self._source, self._target, wanted, self.done, self.done)
            except OSError as error:
                if error.errno not in _NO_COPY_RANGE:
                    raise
                count = 0
            if count or self.done:
                return count
            self._in_kernel = False  # It cannot, or answers 0 because the file's length is made up, as in /proc.
        data = os.pread(self._source, wanted, self.done)
        written = 0
        while written < len(data):
            written += os.pwrite(self._target, data[written:], self.done + written)
        return written

    def wait_beyond(self, offset: int) -> tuple[int, bool]:
        """Wait until more than ``offset`` bytes are copied or the copy is over; return how many, and whether."""
        with self._changed:
            self._changed.wait_for(lambda: self.done > offset or self._finished)
            return self.done, self._finished

    def stop(self) -> None:
        self._stopped = True
