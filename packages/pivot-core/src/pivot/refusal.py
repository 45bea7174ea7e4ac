"""What the disk, the cache or the system refused while a stage was at hand, as the failure of that stage.

So that a full disk is one line which names the stage, and the other stages go on as after any failure. What is refused
before there is a stage is an error of the command, and not told here.
"""

import os

from pivot.errors import StorageError
from pivot.execute.executor import Failure
from pivot_cache import CacheError
from pivot_cache.atomic import disk_error

type Refused = CacheError | StorageError | OSError
REFUSED = (CacheError, StorageError, OSError)


def refusal(error: Refused) -> Failure:
    """Return the failure of the stage at hand; nothing of it is recorded."""
    match error:
        case StorageError():
            return Failure("storage", error.problem, file=error.file, line=error.line, hint=error.hint)
        case OSError():
            place = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else "a file"
            return refusal(disk_error("use", place, error))
        case CacheError():
            problem, _, hint = str(error).partition("; ")
            return Failure("storage", problem, hint=hint or None)
