"""The lock of a stage: the verifying trace, one committed JSON file a stage, of facts only.

A lock says what a stage's outputs were made from. It may come from a teammate, a merge or a hand edit: it is checked
against its exact schema and its own digest, and one that fails counts as absent. ``repro`` alone writes locks.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from pivot_cache import Content, ObjectId, hash_bytes, write_atomic

FORMAT = 1
SIZE_LIMIT = 16 * 1024 * 1024
KINDS = frozenset({"file", "executable", "link", "directory"})


class Output(NamedTuple):
    """A recorded output: what was at the path, and how it was declared (``out`` or ``metric``)."""

    content: Content
    kind: str


class Lock(NamedTuple):
    """What a stage's outputs were made from. Paths are relative to the project root and POSIX.

    ``parts`` maps the key of each part of the code to its digest; ``observed`` are the parts among them that only the
    run showed, as ``module:name``; ``reads`` is what the stage read without declaring it, path to digest, None where
    nothing was there (a directory's listing ends in ``/``, a directory of which only the existence counts in ``/.``);
    ``env`` maps variables to keyed digests. ``accepted`` is the reason why code that did not make these outputs
    counts as equivalent, None where it did make them.
    """

    stage: str
    scheme: int
    parts: Mapping[str, str]
    observed: tuple[str, ...]
    packages: Mapping[str, str]
    params: Mapping[str, Any] | None
    inputs: Mapping[str, Content]
    reads: Mapping[str, str | None]
    env: Mapping[str, str | None]
    outputs: Mapping[str, Output]
    accepted: str | None = None


class Damaged(NamedTuple):
    """A lock file that is there and cannot be used; it counts as absent."""

    problem: str


def lock_path(home: Path, pipeline: str, stage: str) -> Path:
    """Return where the lock of a stage lives; a pipeline below the root has its own directory of locks."""
    return home / "stages" / pipeline / f"{stage}.lock"


def read_lock(path: Path, stage: str) -> Lock | Damaged | None:
    """Read a lock file; None if there is none, Damaged if it is not exactly what ``write_lock`` writes."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            size = os.fstat(descriptor).st_size
            if size > SIZE_LIMIT:
                return Damaged(f"{path} is larger than 16 MiB")
            data = os.read(descriptor, size)
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        return None
    except OSError as error:
        return Damaged(f"{path}: {error.strerror}")
    try:
        lock = decode(data)
    except ValueError as error:
        return Damaged(f"{path}: {error}")
    if lock.stage != stage:
        return Damaged(f"{path} is the record of stage {lock.stage!r}")
    return lock


def write_lock(path: Path, lock: Lock, *, durable: bool = True) -> None:
    """Write a lock file: the commit point of a stage. Everything that it names must be durable already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, encode(lock), durable=durable)


def encode(lock: Lock) -> bytes:
    """Return the file's bytes: JSON, sorted keys, two spaces of indent, and a digest over the rest under ``self``."""
    return orjson.dumps(to_json(lock), option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def decode(data: bytes) -> Lock:
    """Read what ``encode`` wrote. Raises ValueError, with the reason, for anything else."""
    return from_json(orjson.loads(data))


def to_json(lock: Lock) -> dict[str, Any]:
    """Return a lock as JSON data, with its own digest under ``self``."""
    body = {
        "format": FORMAT,
        "stage": lock.stage,
        "code": {"scheme": lock.scheme, "parts": lock.parts, "observed": lock.observed},
        "packages": lock.packages,
        "params": lock.params,
        "inputs": {path: _content(content) for path, content in lock.inputs.items()},
        "reads": lock.reads,
        "env": lock.env,
        "outputs": {path: {**_content(out.content), "as": out.kind} for path, out in lock.outputs.items()},
    }
    if lock.accepted is not None:
        body["accepted"] = lock.accepted
    body["self"] = _digest(body)
    return body


def from_json(body: Any) -> Lock:
    """Read what ``to_json`` gave. Raises ValueError, with the reason, for anything else."""
    if not isinstance(body, dict) or body.get("format") != FORMAT:
        raise ValueError("not a lock file of format 1")
    if body.pop("self", None) != _digest(body):
        raise ValueError("its digest does not fit its text: a merge or an edit by hand")
    try:
        code = body["code"]
        lock = Lock(
            _text(body["stage"]),
            _whole(code["scheme"]),
            _texts(code["parts"]),
            tuple(_text(name) for name in code["observed"]),
            _texts(body["packages"]),
            None if body["params"] is None else _mapping(body["params"]),
            {_path(path): _read_content(row) for path, row in _mapping(body["inputs"]).items()},
            {_path(path): _optional(value) for path, value in _mapping(body["reads"]).items()},
            {_text(name): _optional(value) for name, value in _mapping(body["env"]).items()},
            {_path(path): _read_output(row) for path, row in _mapping(body["outputs"]).items()},
            _optional(body.pop("accepted", None)),
        )
    except KeyError as error:
        raise ValueError(f"{error.args[0]!r} is missing") from None
    except (TypeError, AttributeError) as error:
        raise ValueError(f"wrong type: {error}") from None
    if len(body) != 9 or len(code) != 3:
        raise ValueError("unknown entries")
    return lock


def _digest(body: Mapping[str, Any]) -> str:
    return hash_bytes(orjson.dumps(body, option=orjson.OPT_SORT_KEYS))


def _content(content: Content) -> dict[str, Any]:
    return {"kind": content.kind, "digest": content.digest, "size": content.size}


def _read_content(row: Any) -> Content:
    kind, digest, size = row["kind"], row["digest"], row["size"]
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}")
    if not (isinstance(digest, str) and len(digest) == 64 and not digest.strip("0123456789abcdef")):
        raise ValueError(f"not an object's name: {digest!r}")
    if _whole(size) < 0:
        raise ValueError(f"not a size: {size!r}")
    return Content(kind, ObjectId(digest), size)


def _read_output(row: Any) -> Output:
    if row["as"] not in ("out", "metric"):
        raise ValueError(f"unknown kind of output {row['as']!r}")
    return Output(_read_content(row), row["as"])


def _path(value: Any) -> str:
    """Check a path from outside: relative, normal, and not into Pivot's or git's own files."""
    text = _text(value)
    parts = text.removesuffix("/.").removesuffix("/").split("/")
    if any(part in ("", ".", "..") for part in parts) or "\0" in text or parts[0] in (".git", ".pivot"):
        raise ValueError(f"not a path inside the project: {text!r}")
    return text


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"expected an object, found {type(value).__name__}")
    return value


def _texts(value: Any) -> Mapping[str, str]:
    return {_text(key): _text(text) for key, text in _mapping(value).items()}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"expected text, found {type(value).__name__}")
    return value


def _optional(value: Any) -> str | None:
    return None if value is None else _text(value)


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"expected a whole number, found {type(value).__name__}")
    return value
