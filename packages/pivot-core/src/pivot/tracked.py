"""Tracked data: files and directories that no stage makes, each described by a ``.pvt`` file beside it.

``data.csv.pvt`` is committed to git in place of ``data.csv``: it says which bytes belong there, and the cache has them.
Reads, writes and finds these files; making one is the business of ``track``, giving data back that of ``checkout``.
"""

import os
from collections.abc import Container, Iterator
from pathlib import Path

import orjson

from pivot.record import (
    FORMAT,
    RESERVED,
    Damaged,
    check_seal,
    content_data,
    format_record,
    read_bytes,
    read_content,
    read_path,
    seal,
)
from pivot_cache import Content, write_atomic
from pivot_fingerprint.named import NamedTuple

SUFFIX = ".pvt"


class Tracked(NamedTuple):
    """Data that a ``.pvt`` file describes; ``path`` is that of the data, relative to the project root."""

    path: str
    content: Content | Damaged


def read_tracked(file: str | Path) -> Content | Damaged | None:
    """Read a ``.pvt`` file; None if there is none, Damaged if it is not exactly what ``write_tracked`` writes."""
    data = read_bytes(file)
    return parse_tracked(data, file) if isinstance(data, bytes) else data


def parse_tracked(data: bytes, file: str | Path) -> Content | Damaged:
    """Read the bytes of a ``.pvt`` file; ``file`` is for what is wrong with them."""
    try:
        return decode(data)
    except ValueError as error:
        return Damaged(f"{file}: {error}")


def write_tracked(file: str | Path, content: Content, *, durable: bool = True, within: Path | None = None) -> None:
    """Write a ``.pvt`` file. The bytes that it names must be durable already. ``within`` is as for a lock."""
    write_atomic(file, encode(content), durable=durable, within=within)


def encode(content: Content) -> bytes:
    """Return the bytes of a ``.pvt`` file: a record with ``kind``, ``digest`` and ``size``, and no path or clock."""
    return format_record(seal({"format": FORMAT, **content_data(content)}))


def decode(data: bytes) -> Content:
    """Read what ``encode`` wrote. Raises ValueError, with the reason, for anything else."""
    body = check_seal(orjson.loads(data), "a .pvt file")
    try:
        content = read_content(body)
    except KeyError as error:
        raise ValueError(f"{error.args[0]!r} is missing") from None
    if len(body) != 4 or content.kind == "link":
        raise ValueError("unknown entries")
    return content


def is_place(path: str) -> bool:
    """Return whether data may be at a path that a file's name gives: ``...pvt`` and ``.git.pvt`` describe none."""
    try:
        return bool(read_path(path)) and not path.endswith("/")
    except ValueError:
        return False


def find_tracked(root: Path, outputs: Container[str] = ()) -> Iterator[Tracked]:
    """Yield what the ``.pvt`` files of a project describe, sorted by path within each directory.

    Not looked into: data that is tracked itself, the ``outputs`` of stages, other projects, and virtual environments.
    """
    waiting = [""]
    while waiting:
        directory = waiting.pop()
        try:
            with os.scandir(root / directory) as listed:
                entries = {entry.name: entry for entry in listed}
        except OSError:
            continue  # gone meanwhile, or not ours to read: nothing of ours is in it
        if directory and (".pivot" in entries or "pyvenv.cfg" in entries):
            continue
        prefix = directory and f"{directory}/"
        tracked = {name.removesuffix(SUFFIX) for name in entries if name.endswith(SUFFIX) and name != SUFFIX}
        for name in sorted(tracked):
            if not entries[name + SUFFIX].is_dir():
                file = root / directory / (name + SUFFIX)
                content = read_tracked(file) if is_place(prefix + name) else Damaged(f"{file!s:.200} describes no data")
                if content is not None:
                    yield Tracked(prefix + name, content)
        waiting += [
            prefix + name
            for name, entry in entries.items()
            if name not in tracked
            and name not in RESERVED
            and prefix + name not in outputs
            and entry.is_dir(follow_symlinks=False)
        ]
