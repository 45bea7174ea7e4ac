"""What is to be moved to or from elsewhere: the contents that the records name, for the targets of a command.

Works from locks and ``.pvt`` files alone. Where the bytes go, and how, is for others to say; core knows no network.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from pivot.checkout import Choice
from pivot.lock import Lock
from pivot.lock import decode as decode_lock
from pivot.record import Damaged
from pivot.records import Records
from pivot.tracked import decode as decode_tracked
from pivot_cache import Content
from pivot_fingerprint.named import NamedTuple


class Wanted(NamedTuple):
    """A recorded path whose bytes are wanted; ``stage`` is None for tracked data."""

    path: str
    stage: str | None
    content: Content


def find_wanted(records: Records, targets: tuple[str, ...], base: str = ".") -> list[Wanted]:
    """Return the recorded paths that the targets name, all if none is named; with a path inside a directory, all of
    the directory.

    Raises UsageError for a target that no record knows.
    """
    choice = Choice(targets, base)
    choice.check(records)
    return [one for one in _recorded(records) if choice.parts(one.path, one.stage)]


def wanted_by_git(root: Path) -> list[Wanted]:
    """Return what any branch, tag or stash of the project's repository names; records of which nothing is left to use
    are none. Raises StorageError where git cannot be asked."""
    from pivot.branches import git_records  # lazy: processes, for those who ask for all branches

    found: dict[Wanted, None] = {}
    for data in git_records(root):
        with suppress(ValueError):
            found |= dict.fromkeys(_in_record(data))
    return list(found)


def _in_record(data: bytes) -> Iterator[Wanted]:
    if b'"stage"' in data:
        lock = decode_lock(data)
        yield from (Wanted(path, lock.stage, output.content) for path, output in lock.outputs.items())
    else:
        yield Wanted("tracked data of some branch", None, decode_tracked(data))


def _recorded(records: Records) -> Iterator[Wanted]:
    for record in records.stages:
        if isinstance(record.lock, Lock):
            for path, output in record.lock.outputs.items():
                yield Wanted(path, record.stage, output.content)
    for path, content in records.tracked:
        if not isinstance(content, Damaged):
            yield Wanted(path, None, content)
