"""The manifest after an edit that the import of the pipeline cannot notice: the same one, with other lines.

Only bodies of functions were edited that did not run while the pipeline was imported, and nothing looked into them then
(``glances``). Then to import it again would execute the same code, and so make the same manifest: that takes as long as
all that the pipeline imports, and this only the parsing of what was edited. Everything that could not be observed, and
everything else that changed, is a reason to import it again.
"""

import os
from collections.abc import Mapping
from typing import Protocol

from pivot.grounds import Ground, holds
from pivot.manifest import LoaderSpec, Manifest, Ran, StageSpec
from pivot.project import Project
from pivot_cache import hash_bytes
from pivot_fingerprint import Entry
from pivot_fingerprint.bodies import moved_lines

type _Lines = Mapping[str, Mapping[int, int]]  # by path, then old line to new


class Memo(Protocol):
    """What a caller lends: digests of files, and the texts that were kept."""

    def digest(self, path: str) -> str | None:
        """Return the BLAKE3 digest of a file's content as it is now, None if there is none."""

    def get(self, key: str) -> bytes | None:
        """Return what was kept under a key."""

    def put(self, key: str, value: bytes) -> None:
        """Keep a value under a key."""


def renewed(kept: Manifest, project: Project, memo: Memo) -> Manifest | None:
    """Return the manifest for the sources as they are now, None if the pipeline has to be imported to know it."""
    root = str(project.root)
    if not kept.ran or kept.pipeline != project.relative(project.pipeline):
        return None
    lines: dict[str, Mapping[int, int]] = {}
    digests: dict[str, str] = {}
    for one in kept.inputs:
        if one.kind in ("source", "file"):
            now = memo.digest(os.path.join(root, one.name))
            if now == one.digest:
                continue
            moved = _moved(kept, one, now, root, memo) if one.kind == "source" and now is not None else None
            if now is None or moved is None or (kept.sees_lines and any(old != new for old, new in moved.items())):
                return None
            lines[one.name], digests[one.name] = moved, now
        elif one.kind != "python" and not holds(one, root):
            return None
    try:
        return _with_lines(kept, lines, digests, root)
    except KeyError:  # a line that is in no part of the module which an import sees
        return None


def _moved(kept: Manifest, source: Ground, now: str, root: str, memo: Memo) -> Mapping[int, int] | None:
    """Return where the lines of a module are now; None if its import may do something else."""
    ran = [one for one in kept.ran if one.path == source.name]
    old = memo.get(f"module {source.digest}")
    if not ran or old is None or hash_bytes(old) != source.digest:
        return None
    try:
        with open(os.path.join(root, source.name), "rb") as file:
            new = file.read()
    except OSError:
        return None
    moved = moved_lines(old, new, {function for one in ran for function in one.functions})
    if hash_bytes(new) != now or moved is None:
        return None
    memo.put(f"module {now}", new)
    return moved


def _with_lines(kept: Manifest, lines: _Lines, digests: Mapping[str, str], root: str) -> Manifest:
    """Return a manifest with other digests and lines. Raises KeyError for a line that is not known."""
    by_module = {one.module: lines[one.path] for one in kept.ran if one.path in lines}
    by_file = dict(lines) | {os.path.join(root, path): moved for path, moved in lines.items()}

    def at(moved: Mapping[int, int] | None, line: int) -> int:
        return line if moved is None or line == 0 else moved[line]

    def entries(given: tuple[Entry, ...]) -> tuple[Entry, ...]:
        return tuple(one._replace(line=at(by_module.get(one.module), one.line)) for one in given)

    def loader(spec: LoaderSpec) -> LoaderSpec:
        return spec._replace(entries=entries(spec.entries))

    def stage(spec: StageSpec) -> StageSpec:
        loaders = (*(dep.loader for dep in spec.deps), *(out.loader for out in spec.outs))
        named = (*spec.entries, *(one for given in loaders for one in given.entries))
        files = {spec.file, *(one.file for one in spec.opaque)}
        if by_file.keys().isdisjoint(files) and by_module.keys().isdisjoint(one.module for one in named):
            return spec
        return spec._replace(
            line=at(by_file.get(spec.file), spec.line),
            entries=entries(spec.entries),
            deps=tuple(dep._replace(loader=loader(dep.loader)) for dep in spec.deps),
            outs=tuple(out._replace(loader=loader(out.loader)) for out in spec.outs),
            opaque=tuple(one._replace(line=at(by_file.get(one.file), one.line)) for one in spec.opaque),
        )

    return kept._replace(
        stages=tuple(stage(spec) for spec in kept.stages),
        reads=tuple(read._replace(line=at(by_module.get(read.module), read.line)) for read in kept.reads),
        inputs=tuple(
            one._replace(digest=digests[one.name]) if one.kind == "source" and one.name in digests else one
            for one in kept.inputs
        ),
        ran=tuple(_run_at(one, lines) for one in kept.ran),
    )


def _run_at(ran: Ran, lines: _Lines) -> Ran:
    moved = lines.get(ran.path)
    return ran if moved is None else ran._replace(functions=tuple((name, moved[line]) for name, line in ran.functions))
