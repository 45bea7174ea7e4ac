"""Records: JSON files with sorted keys, one fact a line, that end with a digest of themselves.

What the lock of a stage (``lock``) and the file beside tracked data (``tracked``) have in common. A record may come
from a teammate, a merge or a hand edit: one that is not exactly what Pivot writes is ``Damaged``, and counts as absent.
"""

from collections.abc import Mapping
from itertools import dropwhile
from pathlib import Path
from typing import Any

import orjson

from pivot.bounded import Unreadable, read_bounded
from pivot.paths import is_long, reserved
from pivot_cache import Content, ObjectId, hash_bytes
from pivot_fingerprint.named import NamedTuple

FORMAT = 1
KINDS = frozenset({"file", "executable", "link", "directory"})
DEPTH_LIMIT = 64
RESERVED = frozenset({".git", ".pivot"})
_NO_NAMES = frozenset({"", ".", ".."})
_NESTED = (dict, list)


class Damaged(NamedTuple):
    """A record that is there and cannot be used; it counts as absent."""

    problem: str


def read_bytes(path: str | Path) -> bytes | Damaged | None:
    """Read the file of a record; None if there is none. No link is followed, and no fifo waited for."""
    try:
        return read_bounded(path)
    except Unreadable as error:
        return Damaged(str(error))


def seal(body: dict[str, Any]) -> dict[str, Any]:
    """Return the data of a record with its own digest under ``self``."""
    return body | {"self": hash_bytes(_canonical(body))}


def check_seal(body: Any, what: str) -> dict[str, Any]:
    """Return the data of a record without its digest. Raises ValueError if it is none, or the digest does not fit."""
    if not isinstance(body, dict) or body.get("format") != FORMAT:
        raise ValueError(f"not {what} of format {FORMAT}")
    claimed = body.pop("self", None)
    try:
        canonical = _canonical(body)
    except TypeError:
        raise ValueError(f"it is nested more than {DEPTH_LIMIT} deep") from None
    if canonical.count(b"{") + canonical.count(b"[") > DEPTH_LIMIT:  # else it cannot be
        _check_depth(body)
    if claimed != hash_bytes(canonical):
        raise ValueError("its digest does not fit its text: a merge or an edit by hand")
    return body


def format_record(sealed: Mapping[str, Any]) -> bytes:
    """Return the bytes of a record's file: sorted keys, two spaces of indent."""
    return orjson.dumps(sealed, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _canonical(body: Mapping[str, Any]) -> bytes:
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)


def _check_depth(body: Any) -> None:
    level = [body]
    for _ in range(DEPTH_LIMIT):
        inner = [one.values() if type(one) is dict else one for one in level]
        level = [value for values in inner for value in values if type(value) in _NESTED]
        if not level:
            return
    if level:
        raise ValueError(f"it is nested more than {DEPTH_LIMIT} deep")


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


def read_path(value: Any) -> str:
    """Check the path of an input or output from outside: on one line, relative, normal, short enough for a file system,
    and not into the files of git or Pivot, the project's own or others inside it."""
    text = read_seen_path(value)
    own = text == "./" or reserved(text)
    outside = text.startswith("/") or text.split("/", 1)[0] == ".."
    if own or outside or text.endswith("/.") or "\n" in text or "\r" in text or is_long(text):
        raise ValueError(f"not a path inside the project: {text!r}")
    return text


def read_seen_path(value: Any) -> str:
    """Check a path from outside that is only ever looked at: normal, and not into the project's own files.

    It may begin with any number of ``..``, or be absolute. ``./`` is the listing of the project's directory.
    """
    text = read_text(value)
    if text == "./":
        return text
    parts = text.removesuffix("/.").removesuffix("/").split("/")
    below = parts[1:] or [""] if text.startswith("/") else dropwhile(lambda part: part == "..", parts)
    if not _NO_NAMES.isdisjoint(below) or "\0" in text or parts[0] in RESERVED:
        raise ValueError(f"not a path inside the project: {text!r}")
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
