"""Fingerprints after an edit that left the structure of the sources as it was, without following names again.

What is kept are the recipes of an answer and all that they rest on: the digest of each module's structure, and that of
every other file's content. If these are the same, the new texts are put into the old recipes, with the same result as
following all names again. Where a module was asked what stands on a line, its lines must be the same, too.
"""

from collections.abc import Callable
from typing import Any

import orjson

from pivot_fingerprint.definitions import Facts, lines_of
from pivot_fingerprint.memo import Memo
from pivot_fingerprint.parts import Fingerprint
from pivot_fingerprint.recipes import Answer, Book, fingerprints, read_book
from pivot_fingerprint.sources import Source, Sources, read_module

type Asked = Callable[[str], object]  # what a question names in a module, with its lines


def keep(rests_on: list[Any], sources: Sources, book: Book, answers: list[Answer], asked: Asked) -> bytes:
    """Return recipes and all that they rest on, to be kept."""
    modules = [one for one in sources.modules.values() if isinstance(one, Source)]
    structures = {one.file: one.facts.structure for one in modules if one.file not in sources.fixed}
    lined = [[one.name, one.file, lines_of(one.facts), asked(one.name)] for one in modules if one.lined]
    conditions = orjson.dumps([rests_on, structures, lined], default=tuple)
    return conditions + b"\n" + orjson.dumps([book, answers], default=tuple)


def remake(
    kept: bytes, memo: Memo, asked: Asked, is_known: Callable[..., bool]
) -> tuple[list[Any], dict[str, Fingerprint]] | None:
    """Return what ``keep`` kept as it is now: what it rests on, and the fingerprints; None if recipes do not hold.

    ``is_known`` says whether names lead where they led.
    """
    conditions, _, recipes = kept.partition(b"\n")
    try:
        (files, *known), structures, lined = orjson.loads(conditions)
    except (ValueError, TypeError):
        return None
    changed: dict[str, str] = {}
    for path, recorded in files.items():
        digest = memo.digest(path)
        if digest != recorded:
            if digest is None or path not in structures:
                return None
            changed[path] = digest
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
