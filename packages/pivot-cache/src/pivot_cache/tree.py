r"""A directory as an object: a canonical listing of one level, a public format.

The bytes are JSON, one entry a line, sorted by the bytes of the names, with no space anywhere::

    {"pivot-tree":1,"entries":[
    ["a.txt","file","af13…64 hex digits",12],
    [{"hex":"ff41"},"executable","…",3],
    ["sub","directory","…",4096]
    ]}

followed by one newline. An empty directory is ``{"pivot-tree":1,"entries":[`` and ``]}``, each with a newline. A name
is a string if its bytes are UTF-8, else ``{"hex": …}``; in strings only what JSON demands is escaped, control
characters in the short form or as ``\u00xx``. Kind, digest and size are those of ``Content``. One tree has exactly one
form: reading makes the form again and compares. A tree may come from anywhere, so reading refuses whatever could name a
file elsewhere, and, as git does, ``.git`` and what a file system takes for it (``repository``): what stands there is
executed. Where objects are kept is the business of the stores.
"""

import os
import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import orjson

from pivot_cache.content import DIRECTORY, KINDS, ObjectId, are_object_ids, is_object_id
from pivot_cache.errors import InvalidTree
from pivot_cache.repository import find_repository

TREE_FORMAT: Final = 1
DEPTH_LIMIT: Final = 200
"""How many directories may be inside each other."""
ENTRY_LIMIT: Final = 10_000_000
"""How many entries a tree may have, all levels together."""
_HEAD: Final = b'{"pivot-tree":1,"entries":['
_TAIL: Final = b"\n]}\n"
_NO_NAMES: Final = frozenset(("", ".", ".."))
_is_plain: Final = re.compile("[ !#-\\[\\]-~]*").fullmatch  # what JSON does not escape, of ASCII


class TreeEntry(NamedTuple):
    """One name in a directory: ``name`` as ``os.fsdecode`` gives it; ``kind``, ``digest`` and ``size`` as in
    ``Content``."""

    name: str
    kind: str
    digest: ObjectId
    size: int


def sort_entries(entries: Iterable[TreeEntry]) -> list[TreeEntry]:
    """Return the entries in canonical order: by the bytes of their names."""
    listed = list(entries)
    if all(entry.name.isascii() for entry in listed):
        return sorted(listed)
    try:
        return sorted(listed, key=lambda entry: os.fsencode(entry.name))
    except UnicodeEncodeError:
        raise InvalidTree("", "", "a name has characters that no file system takes") from None


def tree_bytes(entries: Iterable[TreeEntry]) -> bytes:
    """Return the canonical bytes of a directory with these entries, given in any order.

    Raises ``InvalidTree`` for an entry that could not be read back: a bad or double name, kind, digest or size.
    """
    listed = sort_entries(entries)
    _check(listed)
    return format_tree(listed)


def read_tree(data: bytes, oid: str = "") -> tuple[TreeEntry, ...]:
    """Return the entries of a tree object; ``oid`` is for the message of ``InvalidTree``, which any doubt raises."""
    if len(data) < len(_HEAD) or not data.startswith(_HEAD):
        raise InvalidTree(oid, "", "it does not begin as a tree of format 1 does")
    try:
        rows = orjson.loads(data)["entries"]
        entries = [
            TreeEntry(name if type(name) is str else _read_name(name), kind, digest, size)
            for name, kind, digest, size in rows
        ]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InvalidTree(oid, "", "its entries cannot be read") from None
    if not _is_plainly_good(entries):
        _check(entries, oid)
    if format_tree(entries) != data:
        raise InvalidTree(oid, "", "it is not in canonical form")
    return tuple(entries)


def total_size(entries: Iterable[TreeEntry]) -> int:
    """Return the size of the directory in bytes: that of the files, not of links."""
    return sum(entry.size for entry in entries if entry.kind != "link")


def link_rise(target: str) -> int | None:
    """Say by how many directories a link's target climbs above the directory that the link is in.

    None means that the link cannot be kept: its target is empty or absolute, or has ``..`` after a name, which could
    climb anywhere once that name is a link itself. The directories that a target starts from are real ones, and every
    link on its way is held to this rule too, so a tree whose links climb no higher than their depth is closed.
    """
    if not target or target.startswith("/") or "\0" in target:
        return None
    rise = 0
    named = False
    for part in target.split("/"):
        if part == "..":
            if named:
                return None
            rise += 1
        elif part not in ("", "."):
            named = True
    return rise


def format_tree(entries: Sequence[TreeEntry]) -> bytes:
    """Return the bytes of entries that are known to be good and in order, such as those of a directory just looked
    at."""
    if not entries:
        return _HEAD + _TAIL
    # orjson alone would do, but keeps four kilobytes for each line until all are joined.
    if _is_plain("".join([entry.name for entry in entries])):
        lines = [f'["{name}","{kind}","{digest}",{size}]' for name, kind, digest, size in entries]
    else:
        lines = [f'[{_write_name(name)},"{kind}","{digest}",{size}]' for name, kind, digest, size in entries]
    return _HEAD + b"\n" + ",\n".join(lines).encode() + _TAIL


def _write_name(name: str) -> str:
    try:
        return orjson.dumps(name).decode()
    except TypeError:  # lone surrogates: bytes that are not UTF-8
        return f'{{"hex":"{os.fsencode(name).hex()}"}}'


def _read_name(written: object) -> str:
    if not isinstance(written, dict) or len(written) != 1:
        raise ValueError
    return os.fsdecode(bytes.fromhex(written["hex"]))


def _is_plainly_good(entries: Sequence[TreeEntry]) -> bool:
    """Say whether ``_check`` would find nothing; False if that is not easy to see. Much faster than to look at each."""
    if not entries or len(entries) > ENTRY_LIMIT:
        return not entries
    try:
        names, kinds, digests, sizes = zip(*entries, strict=True)
        joined = "\0".join(names)
        return (
            joined.isascii()
            and "/" not in joined
            and joined.count("\0") == len(names) - 1
            and max(map(len, names)) <= 255
            and all(map(str.__lt__, names, names[1:]))
            and _NO_NAMES.isdisjoint(names)
            and find_repository(names) is None
            and set(kinds) <= KINDS
            and are_object_ids(digests)
            and set(map(type, sizes)) == {int}
            and min(sizes) >= 0
            and max(sizes) < 1 << 63
        )
    except TypeError:
        return False


def _check(entries: Sequence[TreeEntry], oid: str = "") -> None:
    if len(entries) > ENTRY_LIMIT:
        raise InvalidTree(oid, "", f"it has more than {ENTRY_LIMIT} entries")
    before = b""
    for name, kind, digest, size in entries:
        try:
            encoded = name.encode() if name.isascii() else os.fsencode(name)
        except UnicodeEncodeError:
            raise InvalidTree(oid, "", f"{name!a} is no file name") from None
        if not encoded or encoded in (b".", b"..") or b"/" in encoded or b"\0" in encoded or len(encoded) > 255:
            raise InvalidTree(oid, "", f"{name!a} is no file name")
        if encoded <= before:
            raise InvalidTree(oid, "", f"{name!a} is there twice or out of order")
        before = encoded
        if type(kind) is not str or kind not in KINDS:
            raise InvalidTree(oid, "", f"{kind!a} is no kind")
        if type(digest) is not str or not is_object_id(digest):
            raise InvalidTree(oid, "", f"{digest!a} is no digest")
        if type(size) is not int or not 0 <= size < 1 << 63:
            raise InvalidTree(oid, "", f"{size!a} is no size")
    repository = find_repository([entry.name for entry in entries])
    if repository is not None:
        raise InvalidTree(oid, "", f"{repository!a} would be a repository of git, whose hooks are executed")


def is_directory(entry: TreeEntry) -> bool:
    """Say whether the entry is a directory."""
    return entry.kind == DIRECTORY
