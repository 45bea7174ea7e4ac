"""Everything that one file system still holds in memory, to disk by one call.

A flush for each of thousands of files costs minutes where one ``syncfs`` costs a second. Python does not have the
call, and the module that can make it takes milliseconds to import; so only a batch of many files imports this one.
"""

import ctypes
import os

_library = ctypes.CDLL(None, use_errno=True)


def flush_file_system(path: str) -> bool:
    """Flush the file system of the directory; False if this system has no such call. Raises ``OSError``."""
    call = getattr(_library, "syncfs", None)
    if call is None:
        return False
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if call(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), path)
    finally:
        os.close(descriptor)
    return True
