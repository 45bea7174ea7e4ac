"""What can go wrong with bytes on a disk, as one tree.

    CacheError
    ├── ObjectError                an object of the store
    │   ├── ObjectMissing          it is not there
    │   ├── ObjectCorrupt          its bytes do not match its name
    │   └── InvalidTree            its bytes match, but are no canonical tree
    ├── SourceError                something in the workspace cannot be kept or hashed
    │   ├── SourceMissing          nothing is there
    │   ├── SourceUnreadable       the system refuses to read it
    │   ├── SourceChanged          it changed while it was read, or is not what it was said to be
    │   ├── UnsupportedFile        a fifo, a socket, a device
    │   ├── RepositoryInside       a directory that has a `.git` in it
    │   ├── StoreInside            a directory that has the store itself in it
    │   ├── LinkLeaves             a symbolic link that points out of the directory that is kept
    │   └── TreeTooDeep            more directories inside each other than can be kept
    ├── Occupied                   a restore would destroy what it was not told about
    ├── ThroughLink                a symbolic link stands where a directory is to be written in
    ├── DiskError                  disk full, read-only, not permitted, broken
    ├── FormatTooNew               the cache was made by a newer version
    ├── LockTimeout                somebody else holds the lock
    └── InvalidName                a text that is no name of an object

Every error carries its fields and survives pickling; its text says what is wrong, where, and what to do next.
"""

import errno as codes
import os


def printable(path: str) -> str:
    """Return a path on one line: odd bytes and control characters are escaped, anything else stays as it is."""
    return path if path.isprintable() else ascii(path)


class CacheError(Exception):
    """Anything that this package raises on purpose. The constructor's arguments are the fields."""

    def __str__(self) -> str:
        return self.describe()

    def describe(self) -> str:
        """Return the message: what is wrong, where, what to do next."""
        return " ".join(str(argument) for argument in self.args)


class ObjectError(CacheError):
    """Something is wrong with an object. ``id`` names it; ``where`` is the store or the file it was looked for in."""

    def __init__(self, oid: str, where: str = "", detail: str | None = None) -> None:
        super().__init__(oid, where, detail)
        self.id = oid
        self.where = where
        self.detail = detail


class ObjectMissing(ObjectError):
    """The store does not have the object."""

    def describe(self) -> str:
        where = printable(self.where) or "the store"
        return f"object {self.id} is not in {where}: pull it, or run the stage that makes it again"


class ObjectCorrupt(ObjectError):
    """The bytes found under a name do not match it. ``detail`` is where they were moved, None if they could not be."""

    @property
    def quarantined(self) -> str | None:
        """The file that now holds the bad bytes, or None if they are still where they were."""
        return self.detail

    def describe(self) -> str:
        moved = f"; the bytes were moved to {printable(self.detail)}" if self.detail else ""
        return (
            f"object {self.id} in {printable(self.where) or 'the store'} does not match its name{moved}: "
            "pull it, or run the stage that makes it again"
        )


class InvalidTree(ObjectError):
    """The object matches its name but is not a canonical tree: nothing that we wrote. ``detail`` says why."""

    def describe(self) -> str:
        name = f"object {self.id}" if self.id else "the data"
        where = f" in {printable(self.where)}" if self.where else ""
        return f"{name}{where} is not a valid directory listing ({self.detail}): do not trust where it came from"


class SourceError(CacheError):
    """Something in the workspace cannot be kept or hashed. ``path`` is where."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class SourceMissing(SourceError):
    """Nothing is at the path."""

    def describe(self) -> str:
        return f"{printable(self.path)} does not exist"


class SourceUnreadable(SourceError):
    """The system refuses to read the path; ``errno`` says why."""

    def __init__(self, path: str, errno: int) -> None:
        super().__init__(path)
        self.args = (path, errno)
        self.errno = errno

    def describe(self) -> str:
        advice = _ADVICE.get(self.errno, "mend or replace it")
        return f"{printable(self.path)} cannot be read: {os.strerror(self.errno)}; {advice}"


class SourceChanged(SourceError):
    """The path changed while it was read, or is not what the caller said it would be."""

    def describe(self) -> str:
        return f"{printable(self.path)} changed while it was read: run again when nothing writes to it"


class UnsupportedFile(SourceError):
    """The path is neither file, directory nor symbolic link. ``what`` says what it is."""

    def __init__(self, path: str, what: str) -> None:
        super().__init__(path)
        self.args = (path, what)
        self.what = what

    def describe(self) -> str:
        kept = "only files, directories and symbolic links can be kept"
        return f"{printable(self.path)} is a {self.what}; {kept}: move it away"


class RepositoryInside(SourceError):
    """A directory has a ``.git`` in it, at ``path``, whose hooks would run wherever it is given back."""

    def describe(self) -> str:
        return f"{printable(self.path)} belongs to git, and its hooks would run wherever it is given back: delete it"


class StoreInside(SourceError):
    """The store itself is the path or inside of it: who keeps that before replacing it would lose all."""

    def describe(self) -> str:
        return (
            f"{printable(self.path)} holds the cache itself; choose another place for one of them (setting cache.dir)"
        )


class LinkLeaves(SourceError):
    """A symbolic link inside a directory points out of it. ``target`` is its text."""

    def __init__(self, path: str, target: str) -> None:
        super().__init__(path)
        self.args = (path, target)
        self.target = target

    def describe(self) -> str:
        return (
            f"the link {printable(self.path)} points to {printable(self.target)}, out of the directory that is kept: "
            "replace it by a copy, or by a relative link that stays inside (and has '..' only at its start)"
        )


class TreeTooDeep(SourceError):
    """Directories are nested deeper than ``limit`` levels."""

    def __init__(self, path: str, limit: int) -> None:
        super().__init__(path)
        self.args = (path, limit)
        self.limit = limit

    def describe(self) -> str:
        return f"{printable(self.path)} is more than {self.limit} directories deep: keep it as an archive instead"


class Occupied(CacheError):
    """A restore would destroy something at ``path`` that the caller did not name. Nothing was destroyed."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path

    def describe(self) -> str:
        return f"{printable(self.path)} is in the way and not what was expected there: move it away, or keep it first"


class ThroughLink(CacheError):
    """A symbolic link is at ``path``, on the way to what was to be written or removed. Nothing was."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path

    def describe(self) -> str:
        return f"{printable(self.path)} is a symbolic link, and nothing is written through links: make it a directory"


class DiskError(CacheError):
    """The system refused ``operation`` ("write", "rename", ...) at ``path``; ``errno`` says why."""

    def __init__(self, operation: str, path: str, errno: int) -> None:
        super().__init__(operation, path, errno)
        self.operation = operation
        self.path = path
        self.errno = errno

    @property
    def read_only(self) -> bool:
        """Whether nothing may be written there at all, as on a read-only file system or in another's directory."""
        return self.errno in (codes.EROFS, codes.EACCES, codes.EPERM)

    def describe(self) -> str:
        advice = _ADVICE.get(self.errno)
        reason = os.strerror(self.errno).lower()
        return f"cannot {self.operation} {printable(self.path)}: {reason}" + (f"; {advice}" if advice else "")


_ADVICE = {
    codes.ENOSPC: "free some space and run again",
    codes.EDQUOT: "free some of your quota and run again",
    codes.EROFS: "mount it for writing, or choose another place",
    codes.EACCES: "check who owns it and its permissions",
    codes.EPERM: "check who owns it and its permissions",
    codes.EIO: "the disk reports a fault; check it",
    codes.ENOTDIR: "move away what is no directory on this path",
    codes.EISDIR: "move that directory away",
}


class FormatTooNew(CacheError):
    """The cache at ``path`` has format ``found``; this version knows up to ``known``."""

    def __init__(self, path: str, found: str, known: int) -> None:
        super().__init__(path, found, known)
        self.path = path
        self.found = found
        self.known = known

    def describe(self) -> str:
        found = printable(self.found)
        return (
            f"the cache {printable(self.path)} has format {found}, and this version knows {self.known}: "
            f"install a pivot-cache that knows format {found}, or use another cache directory"
        )


class LockTimeout(CacheError):
    """Somebody else held the lock at ``path`` for all of ``seconds``."""

    def __init__(self, path: str, seconds: float) -> None:
        super().__init__(path, seconds)
        self.path = path
        self.seconds = seconds

    def describe(self) -> str:
        return f"{printable(self.path)} is locked by another process (waited {self.seconds:g} s): run again after it"


class InvalidName(CacheError, ValueError):
    """The text is no name of an object, which is 64 lower hex digits."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def describe(self) -> str:
        return f"{self.text[:80]!a} is not the name of an object (64 lower hex digits)"
