"""One level of a directory as it is now: names and stamps, and the facts that a scan keeps about it.

A look at a level costs one ``stat`` an entry and nothing else; its signature says whether anything on the level
changed. Digests, and the levels below, are the business of ``scan``.
"""

import os
import stat
import struct
from typing import Final, NamedTuple

from blake3 import blake3

from pivot_cache.content import ObjectId, is_object_id
from pivot_cache.errors import SourceUnreadable, UnsupportedFile
from pivot_cache.hashing import file_type
from pivot_cache.leftovers import is_temporary
from pivot_cache.stamp import STAMP, STAMP_SIZE, stamp

_FORMAT_BITS: Final = 0o170000
_REGULAR: Final = stat.S_IFREG
_DIRECTORY: Final = stat.S_IFDIR
_HEAD: Final = struct.Struct("<32s32sqi")
_COUNTS: Final = struct.Struct("<8sQQQ")


class Summary(NamedTuple):
    """What is known of a directory: its tree's digest, the bytes of all files below, and by how many directories
    the links in it climb above it (0 if all stay inside)."""

    digest: ObjectId
    size: int
    rise: int


class Level(NamedTuple):
    """The entries of one directory. ``names`` and ``stamps`` belong together: plain files, and links into a store,
    which stand for the object. ``links`` has names with their targets, ``newest`` the latest time of any file in ns;
    ``linked`` says that a file has other names, or is a link."""

    names: list[str]
    stamps: list[bytes]
    directories: list[str]
    links: list[tuple[str, str]]
    followed: set[str]
    newest: int
    linked: bool = False


def look(descriptor: int, path: str) -> Level:
    """Look at a directory, given by an open descriptor; ``path`` is for messages.

    Raises ``UnsupportedFile`` for anything but files, links and directories, and ``SourceUnreadable``.
    """
    names: list[str] = []
    stamps: list[bytes] = []
    directories: list[str] = []
    others: list[tuple[str, os.stat_result]] = []
    newest = 0
    linked = False
    pack = STAMP.pack
    try:
        with os.scandir(descriptor) as found:
            for entry in found:
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                mode = status.st_mode
                kind = mode & _FORMAT_BITS
                if kind == _REGULAR:
                    changed = status.st_ctime_ns
                    modified = status.st_mtime_ns
                    if changed > newest:
                        newest = changed
                    if modified > newest:
                        newest = modified
                    if status.st_nlink != 1:
                        linked = True
                    names.append(entry.name)
                    try:
                        stamps.append(pack(mode, status.st_size, modified, changed, status.st_ino, status.st_dev))
                    except struct.error:
                        stamps.append(stamp(status))  # which copes with any time
                elif kind == _DIRECTORY:
                    if not is_temporary(entry.name):
                        directories.append(entry.name)
                elif not is_temporary(entry.name):
                    others.append((entry.name, status))
    except OSError as error:
        raise SourceUnreadable(path, error.errno or 5) from None
    level = Level(names, stamps, directories, [], set(), newest, linked or bool(others))
    return _add_links(level, descriptor, path, others) if others else level


def _add_links(level: Level, descriptor: int, path: str, others: list[tuple[str, os.stat_result]]) -> Level:
    newest = level.newest
    for name, status in others:
        if not stat.S_ISLNK(status.st_mode):
            raise UnsupportedFile(os.path.join(path, name), file_type(status.st_mode))
        try:
            target = os.readlink(name, dir_fd=descriptor)
            if is_object_path(target):
                followed = os.stat(name, dir_fd=descriptor)
                if stat.S_ISREG(followed.st_mode):
                    level.names.append(name)
                    level.stamps.append(stamp(followed))
                    level.followed.add(name)
                    newest = max(newest, followed.st_ctime_ns, followed.st_mtime_ns)
                    continue
        except FileNotFoundError:
            continue  # It went away, or its object did: then nothing stands there any more.
        except OSError as error:
            raise SourceUnreadable(os.path.join(path, name), error.errno or 5) from None
        level.links.append((name, target))
    return level._replace(newest=newest)


def is_object_path(target: str) -> bool:
    """Say whether a link's target has the form of an object in a store: such a link was made by a restore, and counts
    as the file that it stands for. The bytes are still hashed, wherever the link leads."""
    parts = target.rsplit("/", 3)
    return len(parts) == 4 and target.startswith("/") and parts[1] == "objects" and is_object_id(parts[2] + parts[3])


def sign(level: Level, below: list[Summary]) -> bytes:
    """Return the signature of a level: 32 bytes that differ if anything did. ``below`` is in the order of
    ``directories``."""
    hasher = blake3(_COUNTS.pack(b"level 1\n", len(level.names), len(level.directories), len(level.links)))
    hasher.update(os.fsencode("\0".join(level.names)))
    hasher.update(b"".join(level.stamps))
    for name, summary in zip(level.directories, below, strict=True):
        hasher.update(os.fsencode(name) + b"\0" + _pack_summary(b"", summary))
    for name, target in level.links:
        hasher.update(os.fsencode(name) + b"\0" + os.fsencode(target) + b"\0")
    return hasher.digest()


def _pack_summary(signature: bytes, summary: Summary) -> bytes:
    return _HEAD.pack(signature, bytes.fromhex(summary.digest), summary.size, summary.rise)


def pack_head(signature: bytes, summary: Summary) -> bytes:
    """Return the fact "a level of this signature is this directory" as bytes."""
    return _pack_summary(signature, summary)


def read_head(fact: bytes | None, signature: bytes) -> Summary | None:
    """Return the summary, if the fact is about this signature."""
    if fact is None or len(fact) != _HEAD.size or not fact.startswith(signature):
        return None
    _, digest, size, rise = _HEAD.unpack(fact)
    return Summary(ObjectId(digest.hex()), size, rise)


def pack_files(files: dict[str, bytes]) -> bytes:
    """Return the facts about a level's files (name to stamp and digest, 76 bytes) as bytes."""
    return len(files).to_bytes(8, "little") + b"".join(files.values()) + os.fsencode("\0".join(files))


def read_files(fact: bytes | None) -> dict[str, bytes]:
    """Return what ``pack_files`` packed; nothing if it cannot be read."""
    if fact is None or len(fact) < 8:
        return {}
    count = int.from_bytes(fact[:8], "little")
    width = STAMP_SIZE + 32
    end = 8 + count * width
    if count == 0 or end > len(fact):
        return {}
    names = os.fsdecode(fact[end:]).split("\0")
    if len(names) != count:
        return {}
    return dict(zip(names, [fact[start : start + width] for start in range(8, end, width)], strict=True))
