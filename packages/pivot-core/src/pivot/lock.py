"""The lock of a stage: the verifying trace, one committed JSON file a stage, of facts only.

A lock says what a stage's outputs were made from. It may come from a teammate, a merge or a hand edit: it is checked
against its exact schema and its own digest, and one that fails counts as absent. ``repro`` alone writes locks.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from pivot.record import (
    FORMAT,
    Damaged,
    check_seal,
    content_data,
    format_record,
    read_bytes,
    read_content,
    read_mapping,
    read_optional,
    read_path,
    read_seen_path,
    read_text,
    read_texts,
    read_whole,
    seal,
)
from pivot_cache import Content, make_directories, write_each_atomic
from pivot_fingerprint.named import NamedTuple


class Output(NamedTuple):
    """A recorded output: what was at the path, and how it was declared (``out`` or ``metric``)."""

    content: Content
    kind: str


class Lock(NamedTuple):
    """What a stage's outputs were made from. Paths are relative to the project root and POSIX; what a stage read beside
    the project begins with ``..``, what it read far from it is absolute.

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


def lock_path(home: Path, pipeline: str, stage: str) -> Path:
    """Return where the lock of a stage lives; a pipeline below the root has its own directory of locks."""
    return Path(lock_file(str(home), pipeline, stage))


def lock_file(home: str, pipeline: str, stage: str) -> str:
    """Return the same as text, for those who ask for thousands."""
    return f"{home}/stages/{stage}.lock" if pipeline == "." else f"{home}/stages/{pipeline}/{stage}.lock"


def read_lock(path: str | Path, stage: str) -> Lock | Damaged | None:
    """Read a lock file; None if there is none, Damaged if it is not exactly what ``write_lock`` writes."""
    data = read_bytes(path)
    return parse_lock(data, stage, path) if isinstance(data, bytes) else data


def parse_lock(data: bytes, stage: str, path: str | Path) -> Lock | Damaged:
    """Read the bytes of a lock file; ``path`` is for what is wrong with them."""
    try:
        lock = decode(data)
    except ValueError as error:
        return Damaged(f"{path}: {error}")
    if lock.stage != stage:
        return Damaged(f"{path} is the record of stage {lock.stage!r}")
    return lock


def write_lock(path: Path, lock: Lock, *, durable: bool = True, within: Path | None = None) -> None:
    """Write a lock file: the commit point of a stage. Everything that it names must be durable already.

    ``within`` is the project: no link in it is followed.
    """
    write_locks([(path, lock)], durable=durable, within=within)


def write_locks(
    locks: Sequence[tuple[Path, Lock]],
    *,
    durable: bool = True,
    meanwhile: Callable[[], object] | None = None,
    within: Path | None = None,
) -> None:
    """Write several, with one round of flushes for all; each is a commit point of its own.

    ``meanwhile`` is called again and again while the disk is waited for.
    """
    for directory in {path.parent for path, _ in locks}:
        make_directories(directory, durable=durable, within=within)
    files = [(path, encode(lock)) for path, lock in locks]
    write_each_atomic(files, durable=durable, meanwhile=meanwhile, within=within)


def encode(lock: Lock) -> bytes:
    """Return the file's bytes: JSON, sorted keys, two spaces of indent, and a digest over the rest under ``self``."""
    return format_record(to_json(lock))


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
        "inputs": {path: content_data(content) for path, content in lock.inputs.items()},
        "reads": {_write_name(path): digest for path, digest in lock.reads.items()},
        "env": lock.env,
        "outputs": {path: {**content_data(out.content), "as": out.kind} for path, out in lock.outputs.items()},
    }
    if lock.accepted is not None:
        body["accepted"] = lock.accepted
    return seal(body)


def from_json(body: Any) -> Lock:
    """Read what ``to_json`` gave. Raises ValueError, with the reason, for anything else."""
    body = check_seal(body, "a lock file")
    try:
        code = body["code"]
        lock = Lock(
            read_text(body["stage"]),
            read_whole(code["scheme"]),
            _read_parts(code["parts"]),
            tuple(read_text(name) for name in code["observed"]),
            read_texts(body["packages"]),
            None if body["params"] is None else read_mapping(body["params"]),
            {read_path(path): read_content(row) for path, row in read_mapping(body["inputs"]).items()},
            {_read_name(path): read_optional(value) for path, value in read_mapping(body["reads"]).items()},
            {read_text(name): read_optional(value) for name, value in read_mapping(body["env"]).items()},
            {read_path(path): _read_output(row) for path, row in read_mapping(body["outputs"]).items()},
            read_optional(body.pop("accepted", None)),
        )
    except KeyError as error:
        raise ValueError(f"{error.args[0]!r} is missing") from None
    except (TypeError, AttributeError) as error:
        raise ValueError(f"wrong type: {error}") from None
    if len(body) != 9 or len(code) != 3:
        raise ValueError("unknown entries")
    return lock


def _read_parts(value: Any) -> Mapping[str, str]:
    """Check the parts of the code: each key has a kind, a module and a name, with colons between."""
    parts = read_texts(value)
    if any(key.count(":") < 2 for key in parts):
        raise ValueError("a part of the code without kind, module or name")
    return parts


def _write_name(path: str) -> str:
    """Return a path as JSON can hold it: one that is not UTF-8 as ``/`` and the hex digits of its bytes.

    An absolute one, of what lies far from the project, has another ``/`` in front.
    """
    try:
        path.encode()
    except UnicodeEncodeError:
        return "/" + os.fsencode(path).hex()
    return f"/{path}" if path.startswith("/") else path


def _read_name(written: str) -> str:
    name = written
    if written.startswith("/"):
        name = written[1:] if written.startswith("//") else os.fsdecode(bytes.fromhex(written[1:]))
    return read_seen_path(name)


def _read_output(row: Any) -> Output:
    if row["as"] not in ("out", "metric"):
        raise ValueError(f"unknown kind of output {row['as']!r}")
    return Output(read_content(row), row["as"])
