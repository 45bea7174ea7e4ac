"""The use case: look at the machine, the file systems and the settings, and say what could go wrong and what to do.

Changes nothing: what is tried, is tried on files that are gone afterwards. Nothing of the user's is imported. Damage in
the cache is for ``fsck``.
"""

import os
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pivot.config import config_path
from pivot.errors import StorageError
from pivot.git import held_by_git
from pivot.records import find_records
from pivot.secrets import find_secrets
from pivot.workspace import Workspace
from pivot_cache import DiskError
from pivot_cache.inventory import inventory
from pivot_cache.probe import Abilities, probe
from pivot_fingerprint.named import NamedTuple

type Verdict = Literal["fine", "note", "problem"]

LITTLE = 1 << 30
"""Bytes of free space below which a run may not get far."""
_FIRST_YEAR = 2024
_CLOCK_SECONDS = 2.0


class Sign(NamedTuple):
    """One thing that was looked at. A ``note`` is worth knowing; a ``problem`` comes with what to do, ``advice``."""

    name: str
    verdict: Verdict
    found: str
    advice: str = ""


def examine(workspace: Workspace) -> Iterator[Sign]:
    """Yield what there is to say, in a fixed order."""
    yield Sign("Python", "fine", f"{sys.version.split()[0]} ({sys.executable})")
    yield from _file_systems(workspace)
    yield from _space(workspace)
    yield _clock(workspace)
    yield _durability(workspace)
    yield from _cache(workspace)
    yield from _secrets(workspace)
    yield from _git(workspace)


def _file_systems(workspace: Workspace) -> Iterator[Sign]:
    home, cache = str(workspace.project.home), workspace.store.root
    place = cache if os.path.isdir(cache) else home
    try:
        can = probe(place, home)
    except DiskError as error:
        yield Sign("File system", "problem", str(error), "make .pivot and the cache writable")
        return
    if can.flock:
        yield Sign("Locks", "fine", "flock keeps other processes out")
    else:
        yield Sign(
            "Locks",
            "problem",
            "flock does not work here",
            "run one pivot at a time, and put a shared cache on another file system",
        )
    yield _sharing(workspace, can)
    coarse = can.tick >= 1
    yield Sign(
        "Timestamps",
        "note" if coarse else "fine",
        f"exact to {can.tick * 1e9:.0f} ns",
        "changes within a second look like one; another file system makes runs without work faster" if coarse else "",
    )
    if abs(can.ahead) > _CLOCK_SECONDS:
        way = "ahead of" if can.ahead > 0 else "behind"
        yield Sign(
            "Clock of the file system",
            "problem",
            f"{abs(can.ahead):.0f} s {way} that of this machine",
            "set both by a time server",
        )


def _sharing(workspace: Workspace, can: Abilities) -> Sign:
    mode = str(workspace.config.values["cache.checkout_mode"])
    ways = [name for name, works in (("reflink", can.reflink), ("hardlink", can.hardlink), ("copy", True)) if works]
    found = f"outputs are given back by {mode}; here work: {', '.join(ways)}"
    if mode == "hardlink" and not can.hardlink:
        return Sign("Sharing", "problem", found, "set cache.checkout_mode to one of them")
    if not can.same:
        return Sign(
            "Sharing", "note", f"{found}; the cache is on another file system, so each output takes space twice"
        )
    return Sign("Sharing", "fine", found)


def _space(workspace: Workspace) -> Iterator[Sign]:
    seen: set[int] = set()
    for name, place in (("Project", str(workspace.project.root)), ("Cache", workspace.store.root)):
        if not os.path.isdir(place) or (device := os.stat(place).st_dev) in seen:
            continue
        seen.add(device)
        status = os.statvfs(place)
        free = status.f_bavail * status.f_frsize
        little = free < LITTLE
        yield Sign(
            f"Space ({name.lower()})",
            "problem" if little else "fine",
            f"{free / 1e9:.1f} GB free",
            "free some space; pivot gc shows what the cache could do without" if little else "",
        )


def _clock(workspace: Workspace) -> Sign:
    now = time.time()
    if time.gmtime(now).tm_year < _FIRST_YEAR:
        return Sign("Clock", "problem", f"it says {time.strftime('%Y-%m-%d')}", "set it by a time server")
    later = sorted(
        path.name for path in (workspace.project.home / "stages").rglob("*.lock") if _mtime(path) > now + 86_400
    )
    if later:
        return Sign("Clock", "problem", f"{later[0]} was written in the future", "set the clock by a time server")
    return Sign("Clock", "fine", time.strftime("%Y-%m-%d %H:%M:%S %Z"))


def _mtime(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except OSError:
        return 0.0


def _durability(workspace: Workspace) -> Sign:
    if workspace.config.durable:
        return Sign("Durability", "fine", "full: what a record names is on the disk")
    return Sign(
        "Durability",
        "note",
        "fast: nothing waits for the disk, so a power cut may cost the last results; they are computed again",
    )


def _cache(workspace: Workspace) -> Iterator[Sign]:
    root = workspace.store.root
    shown = workspace.project.relative(root)
    if not os.path.isdir(root):
        yield Sign("Cache", "fine", f"{shown} is not there yet")
        return
    mode = os.stat(root).st_mode
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        yield Sign(
            "Cache",
            "problem",
            f"everybody may remove what is in {root}",
            f"give it to a group: chmod o-w {root}; chmod g+ws {root}",
        )
    if workspace.shares_cache:
        yield Sign("Cache", "note", f"{root} lies outside of the project; removing needs pivot gc --all-projects")
    try:
        items = [item for item in inventory(workspace.store.layout) if item.kind == "object"]
    except DiskError as error:
        yield Sign("Cache", "problem", str(error), "make the cache readable")
        return
    writable = {(item.status.st_dev, item.status.st_ino) for item in items if item.status.st_mode & 0o222}
    if writable:
        yield Sign("Cache", "problem", f"{len(writable)} of its objects can be written to", "pivot fsck --repair")
        yield from _linked(workspace, writable)
    else:
        yield Sign("Cache", "fine", f"{shown}: all objects are read-only")


def _linked(workspace: Workspace, writable: set[tuple[int, int]]) -> Iterator[Sign]:
    """Yield what is a link to an object that can be written to: who edits the one edits the other."""
    records = find_records(workspace.project.root)
    for path in (*records.outputs(), *(one.path for one in records.tracked)):
        for file in _files(os.path.join(workspace.project.root, path)):
            try:
                status = os.stat(file)
            except OSError:
                continue
            if (status.st_dev, status.st_ino) in writable:
                name = workspace.project.relative(file)
                yield Sign(
                    "Cache",
                    "problem",
                    f"{name} is a link into the cache and can be written to",
                    "pivot fsck --read-data --repair",
                )


def _files(place: str) -> Iterator[str]:
    if not os.path.isdir(place):
        yield place
    for directory, _, names in os.walk(place):
        yield from (os.path.join(directory, name) for name in names)


def _secrets(workspace: Workspace) -> Iterator[Sign]:
    home = str(workspace.project.home)
    own = os.path.dirname(config_path(workspace.project.root, "user"))
    found = [*find_secrets(home, without=(os.path.join(home, "cache", "objects"),)), *find_secrets(own)]
    for one in found:
        yield Sign(
            "Secrets",
            "problem",
            f"{workspace.project.relative(one.path)} has something like {one.what}",
            "delete the file or the value, and change the secret",
        )
    logs = [path for path in (workspace.project.home / "logs").rglob("*.log") if _is_open(path)]
    if logs:
        yield Sign(
            "Secrets",
            "problem",
            f"{len(logs)} {'log' if len(logs) == 1 else 'logs'} can be read by others",
            f"chmod -R go= {workspace.project.home / 'logs'}",
        )
    if not found and not logs:
        yield Sign("Secrets", "fine", "nothing in .pivot or your settings has the shape of a key")


def _is_open(path: Path) -> bool:
    return stat.S_IMODE(path.lstat().st_mode) & 0o077 != 0


def _git(workspace: Workspace) -> Iterator[Sign]:
    own = ("config.local.toml", "state.db", "cache", "logs", "locks", "pending")
    try:
        held = [name for name in own if held_by_git(workspace.project.root, f".pivot/{name}")]
    except StorageError as error:
        yield Sign("Git", "problem", error.problem, error.hint or "")
        return
    for name in held:
        yield Sign(
            "Git",
            "problem",
            f".pivot/{name} is in git, and belongs to one machine",
            f"git rm -r --cached .pivot/{name}; who put it there may set what only you may",
        )
    if not held:
        yield Sign("Git", "fine", "it has nothing of .pivot that belongs to one machine")
