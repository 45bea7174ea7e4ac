"""Records: JSON files with sorted keys, one fact a line, that end with a digest of themselves.

What the lock of a stage (``lock``) and the file beside tracked data (``tracked``) have in common. A record may come
from a teammate, a merge or a hand edit: one that is not exactly what Pivot writes is ``Damaged``, and counts as absent.
"""

import os
from collections.abc import Mapping
from errno import ENAMETOOLONG
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from pivot_cache import Content, ObjectId, hash_bytes

FORMAT = 1
SIZE_LIMIT = 16 * 1024 * 1024
KINDS = frozenset({"file", "executable", "link", "directory"})
RESERVED = (".git", ".pivot")


class Damaged(NamedTuple):
    """A record that is there and cannot be used; it counts as absent."""

    problem: str


def read_bytes(path: str | Path) -> bytes | Damaged | None:
    """Read the file of a record; None if there is none. No link is followed, and no fifo waited for."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            size = os.fstat(descriptor).st_size
            if size > SIZE_LIMIT:
                return Damaged(f"{path} is larger than 16 MiB")
            return os.read(descriptor, size)
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno == ENAMETOOLONG:  # beside a path of the longest name there is no room for a record
            return None
        return Damaged(f"{path}: {error.strerror}")


def seal(body: dict[str, Any]) -> dict[str, Any]:
    """Return the data of a record with its own digest under ``self``."""
    return body | {"self": _digest(body)}


def check_seal(body: Any, what: str) -> dict[str, Any]:
    """Return the data of a record without its digest. Raises ValueError if it is none, or the digest does not fit."""
    if not isinstance(body, dict) or body.get("format") != FORMAT:
        raise ValueError(f"not {what} of format {FORMAT}")
    if body.pop("self", None) != _digest(body):
        raise ValueError("its digest does not fit its text: a merge or an edit by hand")
    return body


def format_record(sealed: Mapping[str, Any]) -> bytes:
    """Return the bytes of a record's file: sorted keys, two spaces of indent."""
    return orjson.dumps(sealed, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _digest(body: Mapping[str, Any]) -> str:
    return hash_bytes(orjson.dumps(body, option=orjson.OPT_SORT_KEYS))


# The values in records ------------------------------------------------------------------------------------------------


def content_data(content: Content) -> dict[str, Any]:
    """Return what is at a path as JSON data."""
    return {"kind": content.kind, "digest": content.digest, "size": content.size}


def read_content(row: Any) -> Content:
    """Return what ``content_data`` wrote; like all below, raises ValueError, with the reason, for anything else."""
    kind, digest, size = row["kind"], row["digest"], row["size"]
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}")
    if not (isinstance(digest, str) and len(digest) == 64 and not digest.strip("0123456789abcdef")):
        raise ValueError(f"not an object's name: {digest!r}")
    if read_whole(size) < 0:
        raise ValueError(f"not a size: {size!r}")
    return Content(kind, ObjectId(digest), size)


def read_path(value: Any, *, lines: bool = False) -> str:
    """Check a path from outside: relative, normal, and not into Pivot's or git's own files.

    ``lines`` lets a name have line breaks, as what a stage read by itself may; what is written never does.
    """
    text = read_text(value)
    parts = text.removesuffix("/.").removesuffix("/").split("/")
    if any(part in ("", ".", "..") for part in parts) or "\0" in text or parts[0] in RESERVED:
        raise ValueError(f"not a path inside the project: {text!r}")
    if not lines and ("\n" in text or "\r" in text):
        raise ValueError(f"a path with a line break: {text!r}")
    return text


def read_mapping(value: Any) -> Mapping[str, Any]:
    """Check that a value is an object."""
    if not isinstance(value, dict):
        raise ValueError(f"expected an object, found {type(value).__name__}")
    return value


def read_texts(value: Any) -> Mapping[str, str]:
    """Check that a value is an object of texts."""
    return {read_text(key): read_text(text) for key, text in read_mapping(value).items()}


def read_text(value: Any) -> str:
    """Check that a value is a text."""
    if not isinstance(value, str):
        raise ValueError(f"expected text, found {type(value).__name__}")
    return value


def read_optional(value: Any) -> str | None:
    """Check that a value is a text or null."""
    return None if value is None else read_text(value)


def read_whole(value: Any) -> int:
    """Check that a value is a whole number."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"expected a whole number, found {type(value).__name__}")
    return value
