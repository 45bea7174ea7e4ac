"""Fingerprints after an edit that left the structure of the sources as it was, without following names again.

What is kept are the recipes of an answer and all that they rest on: the digest of each module's structure, and that of
every other file's content. If these are the same, the new texts are put into the old recipes, with the same result as
following all names again. Where a module was asked what stands on a line, its lines must be the same, too.
If recipes do not hold, ``links`` tells which modules have to be followed anew.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import orjson

from pivot_fingerprint.definitions import FORMAT, Facts, lines_of
from pivot_fingerprint.memo import Memo
from pivot_fingerprint.parts import Fingerprint
from pivot_fingerprint.recipes import Answer, fingerprints, read_book
from pivot_fingerprint.sources import Source, Sources, read_module

if TYPE_CHECKING:  # nothing behind it is needed where no name is followed
    from pivot_fingerprint.project import Project

# In front of the keys of what is kept; numbers are raised whenever that is something else than before.
RECIPES, LINKS = "recipes 1", f"links 1 {FORMAT}"

type Asked = Callable[[str], object]  # what a question names in a module, with its lines


def conditions(rests_on: list[Any], sources: Sources, asked: Asked) -> bytes:
    """Return all that an answer rests on, to be kept in front of recipes and of links."""
    modules = [one for one in sources.modules.values() if isinstance(one, Source)]
    structures = {one.file: one.header.structure for one in modules if one.file not in sources.fixed}
    lined = [[one.name, one.file, lines_of(one.facts), asked(one.name)] for one in modules if one.lined]
    return orjson.dumps([rests_on, structures, lined], default=tuple) + b"\n"


def remake(
    kept: bytes, memo: Memo, asked: Asked, is_known: Callable[..., bool]
) -> tuple[list[Any], dict[str, Fingerprint]] | None:
    """Return what an answer rests on now, and its fingerprints; None if the recipes that were kept do not hold.

    ``is_known`` says whether names lead where they led.
    """
    rests_on, _, recipes = kept.partition(b"\n")
    try:
        (files, *known), structures, lined = orjson.loads(rests_on)
    except (ValueError, TypeError):
        return None
    changed = _edited(files, structures, memo)
    if changed is None:
        return None
    fresh: dict[str, Facts] = {}
    for path, digest in changed.items():
        try:
            files[path], fresh[path] = read_module(memo, path, digest)
        except OSError:
            return None
        if fresh[path].structure != structures[path]:
            return None
    for module, file, lines, was_asked in lined:
        if asked(module) != was_asked or (file in fresh and lines_of(fresh[file]) != lines):
            return None
    if not is_known(*known):  # last, since it adds to the import path what was added then
        return None
    try:
        packed, answers = orjson.loads(recipes)
    except (ValueError, TypeError):
        return None
    book = read_book(packed)
    by_module = {at: fresh[file] for at, (_, file) in enumerate(book.modules) if file in fresh}
    listed = (
        Answer(name, parts, tuple([(package, version) for package, version in packages]), *rest)
        for name, parts, packages, *rest in answers
    )
    return [files, *known], fingerprints(book, listed, by_module)


def reopen(kept: bytes, project: "Project", memo: Memo, is_known: Callable[..., bool]) -> bool:
    """Let a project begin with what was followed before if nothing but modules was edited; return whether it does."""
    rests_on, _, links = kept.partition(b"\n")
    try:
        (files, *known, added), structures, _ = orjson.loads(rests_on)
        edited = _edited(files, structures, memo)
        if edited is None or added or not is_known(*known, added):
            return False
        project.reopen(orjson.loads(links), files, edited)
    except (ValueError, TypeError):
        return False
    return True


def _edited(files: Mapping[str, str | None], structures: Mapping[str, str], memo: Memo) -> dict[str, str] | None:
    """Return the modules that were edited, by file, with their digests; None if another file changed or one is gone."""
    changed: dict[str, str] = {}
    for path, recorded in files.items():
        digest = memo.digest(path)
        if digest != recorded:
            if digest is None or path not in structures:
                return None
            changed[path] = digest
    return changed
