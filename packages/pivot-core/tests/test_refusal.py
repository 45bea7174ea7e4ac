"""What the disk, the cache and the system refuse, in words."""

import errno
import os

import pytest

from pivot.errors import StorageError
from pivot.refusal import REFUSED, Refused, refusal
from pivot_cache import DiskError
from pivot_cache.errors import LinkLeaves


@pytest.mark.parametrize(
    ("error", "problem", "hint"),
    [
        (
            DiskError("write", "/p/x", errno.ENOSPC),
            "cannot write /p/x: no space left on device",
            "free some space and run again",
        ),
        (
            PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/p/x"),
            "cannot use /p/x: permission denied",
            "check who owns it and its permissions",
        ),
        (
            DiskError("make", "/p/x", errno.ENOTDIR),
            "cannot make /p/x: not a directory",
            "move away what is no directory on this path",
        ),
        (OSError(errno.EMFILE, os.strerror(errno.EMFILE)), "cannot use a file: too many open files", None),
        (StorageError("a link is in the way", hint="remove it"), "a link is in the way", "remove it"),
        (LinkLeaves("/p/out/l", "/etc"), str(LinkLeaves("/p/out/l", "/etc")), None),
    ],
)
def test_what_is_wrong_and_what_to_do(error: Refused, problem: str, hint: str | None) -> None:
    assert isinstance(error, REFUSED)
    failure = refusal(error)
    assert (failure.kind, failure.problem, failure.hint) == ("storage", problem, hint)
