"""What the records of a checkout name: the contents in ``.pivot/stages`` and in the ``.pvt`` files of a work tree.

For moving a cache without the rest of Pivot. Records are read leniently, since nothing follows from one but that its
objects are wanted, and each object proves itself. What a record means is the business of pivot-core.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import orjson

from pivot_cache import Content, ObjectId, is_object_id
from pivot_cache.content import KINDS
from pivot_remote.errors import InvalidLocation
from pivot_remote.location import Remote

_LIMIT: Final = 16 << 20  # bytes of a record
_SKIPPED: Final = frozenset((".git", ".venv", "node_modules", "__pycache__"))


def find_root(start: Path) -> Path | None:
    """Return the nearest directory at or above that holds ``.pivot``; None if there is none."""
    start = start.resolve()
    return next((one for one in (start, *start.parents) if (one / ".pivot").is_dir()), None)


def named_contents(root: Path) -> list[Content]:
    """Return what the records of the project at ``root`` name, each once."""
    found: dict[Content, None] = {}
    for path in _record_files(root):
        try:
            if path.is_symlink() or path.stat().st_size > _LIMIT:
                continue
            found |= dict.fromkeys(_in_record(orjson.loads(path.read_bytes())))
        except (OSError, ValueError):
            continue
    return list(found)


def read_remote(root: Path, name: str | None) -> Remote:
    """Return the remote of this name in the project's settings, or the default one; raise ``InvalidLocation``."""
    settings: dict[str, Any] = {}
    remotes: dict[str, dict[str, Any]] = {}
    for file in ("config.toml", "config.local.toml"):
        found = _read_toml(root / ".pivot" / file)
        for key, value in found.pop("remotes", {}).items():
            fields = {"url": value} if isinstance(value, str) else dict(value)
            if file == "config.toml":
                fields.pop("profile", None)  # git may bring it from anybody, and a profile can name a program to run
            remotes.setdefault(key, {}).update(fields)
        settings |= found
    chosen = name or settings.get("default_remote") or (next(iter(remotes)) if len(remotes) == 1 else None)
    if chosen not in remotes:
        reason = "it is not in .pivot/config.toml" if chosen else "no default is set in .pivot/config.toml"
        raise InvalidLocation(chosen or "", f"{reason}; name a remote or its url")
    said = remotes[chosen]
    return Remote(str(said.get("url", "")), said.get("endpoint_url"), said.get("region"), said.get("profile"))


def _read_toml(path: Path) -> dict[str, Any]:
    import tomllib  # lazy: a url needs no settings

    try:
        return tomllib.loads(path.read_text())
    except (OSError, ValueError):
        return {}


def _record_files(root: Path) -> Iterator[Path]:
    for directory, below, files in os.walk(root / ".pivot" / "stages"):
        below.sort()
        yield from (Path(directory, name) for name in sorted(files) if name.endswith(".lock"))
    for directory, below, files in os.walk(root):
        below[:] = sorted(name for name in below if name not in _SKIPPED and name != ".pivot")
        yield from (Path(directory, name) for name in sorted(files) if name.endswith(".pvt"))


def _in_record(data: Any) -> Iterator[Content]:
    outputs = data.get("outputs", {"": data}) if isinstance(data, Mapping) else {}
    for row in outputs.values() if isinstance(outputs, Mapping) else ():
        match row:
            case {"kind": str(kind), "digest": str(digest), "size": int(size)} if kind in KINDS and is_object_id(
                digest
            ):
                yield Content(kind, ObjectId(digest), max(size, 0))
            case _:
                continue
