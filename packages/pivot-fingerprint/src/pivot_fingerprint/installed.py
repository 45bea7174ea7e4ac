"""Which installed distribution a module belongs to, and its version, without ``importlib.metadata``.

A distribution owns a file if its RECORD lists it; the one that is named like the module is asked first, so that
usually one small file is read. Answers are kept in the memo by the state of the directory.
"""

import os
import re

import orjson

from pivot_fingerprint.memo import Memo
from pivot_fingerprint.named import NamedTuple

OWN_DISTRIBUTIONS = {"pivot": "pivot-core"}


class Distribution(NamedTuple):
    """An installed distribution: ``metadata`` is the file that says so, ``requires`` are others by name."""

    name: str
    version: str
    metadata: str
    requires: tuple[str, ...] = ()


class Installed:
    """Looks distributions up, in any number of directories."""

    def __init__(self, memo: Memo) -> None:
        self._memo = memo
        self._infos: dict[str, list[str]] = {}
        self._answers: dict[tuple[str, str], Distribution | None] = {}

    def owner(self, entry: str, file: str) -> Distribution | None:
        """Return the distribution in a directory to which a file below it belongs, None if none claims it."""
        relative = os.path.relpath(file, entry).replace(os.sep, "/")
        known = (entry, relative)
        if known not in self._answers:
            self._answers[known] = self._remembered(entry, relative)
        return self._answers[known]

    def named(self, entries: list[str], name: str) -> Distribution | None:
        """Return the distribution of that name in the first directory that has it."""
        wanted = normal(name)
        for entry in entries:
            for info in self._infos_of(entry):
                if normal(info) == wanted:
                    return _read(os.path.join(entry, info))
        return None

    def _remembered(self, entry: str, relative: str) -> Distribution | None:
        try:
            stamp = os.stat(entry).st_mtime_ns
        except OSError:
            return None
        key = f"owner 1 {entry} {stamp} {relative}"
        kept = self._memo.get(key)
        if kept is not None:
            info = orjson.loads(kept)
        else:
            info = self._search(entry, relative)
            self._memo.put(key, orjson.dumps(info))
        return _read(os.path.join(entry, info)) if info else None

    def _search(self, entry: str, relative: str) -> str | None:
        top = relative.partition("/")[0].partition(".")[0]
        names = relative.removesuffix("/__init__.py").split("/")
        likely = {normal("-".join(names[:depth])) for depth in range(1, len(names) + 1)} | {normal(top)}
        infos = self._infos_of(entry)
        ordered = sorted(infos, key=lambda info: (normal(info) not in likely, info))
        return next((info for info in ordered if _owns(os.path.join(entry, info), info, relative, top)), None)

    def _infos_of(self, entry: str) -> list[str]:
        if entry not in self._infos:
            try:
                names = sorted(os.listdir(entry))
            except OSError:
                names = []
            self._infos[entry] = [name for name in names if name.endswith((".dist-info", ".egg-info"))]
        return self._infos[entry]


def normal(info: str) -> str:
    """Return the normal form of a distribution's name, given that or its ``.dist-info`` directory."""
    name = re.sub(r"(-[^-]*)?\.(dist|egg)-info$", "", info) if info.endswith("-info") else info
    return re.sub(r"[-_.]+", "-", name).lower()


def _owns(directory: str, info: str, relative: str, top: str) -> bool:
    record = _content(os.path.join(directory, "RECORD"))
    if record is not None:
        return (b"\n" + record).find(b"\n" + relative.encode() + b",") >= 0
    names = _content(os.path.join(directory, "top_level.txt"))
    if names is not None:
        return top in names.decode(errors="replace").split()
    return normal(info) == normal(top)


def _read(directory: str) -> Distribution | None:
    for name in ("METADATA", "PKG-INFO", ""):
        file = os.path.join(directory, name) if name else directory
        text = _content(file)
        if text is not None:
            header = text.partition(b"\n\n")[0].decode(errors="replace")
            fields = dict(
                line.split(": ", 1) for line in header.splitlines() if ": " in line and not line.startswith(" ")
            )
            own = normal(fields.get("Name", os.path.basename(directory)))
            return Distribution(own, fields.get("Version", ""), file, _requires(header))
    base = os.path.basename(directory)
    parts = base.removesuffix(".dist-info").removesuffix(".egg-info").split("-")
    return Distribution(normal(base), parts[1] if len(parts) > 1 else "", directory)


def _requires(header: str) -> tuple[str, ...]:
    """Return what a distribution requires in any case: extras are left aside."""
    lines = [line.removeprefix("Requires-Dist: ") for line in header.splitlines() if line.startswith("Requires-Dist: ")]
    return tuple(normal(re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0]) for line in lines if "extra ==" not in line)


def _content(file: str) -> bytes | None:
    try:
        with open(file, "rb") as opened:
            return opened.read()
    except OSError:
        return None
