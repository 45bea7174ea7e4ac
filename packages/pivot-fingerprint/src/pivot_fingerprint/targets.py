"""The fingerprint of one function, named by a text or given as an object: the question that most callers have.

Joins the closure of the source with the values that are bound to a live object, which ``live`` finds. Whoever asks for
many functions at once, or again and again, makes an ``Analysis``.
"""

import os
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Any

from pivot_fingerprint.analysis import Analysis
from pivot_fingerprint.errors import InvalidTarget, UnknownModule, UnknownName
from pivot_fingerprint.live import capture
from pivot_fingerprint.memo import Memo
from pivot_fingerprint.modules import PROJECT, Finder
from pivot_fingerprint.parts import Entry, Fingerprint


def fingerprint(
    target: str | Callable[..., Any], *, roots: Sequence[str] = (), memo: Memo | None = None
) -> Fingerprint:
    """Return everything that a function's behaviour depends on.

    ``target`` is ``package.module:name`` (a function, a class, ``Class.method`` or any other name at the top level),
    which is read without being imported, or a live callable: then the values that are bound to it count too, as parts
    of the kind ``live``. ``roots`` are the directories in which the project's modules are looked for before
    ``sys.path``, the current directory if there are none.

    Raises ``InvalidTarget``, ``UnknownModule``, ``UnknownName``.
    """
    places = tuple(os.path.abspath(root) for root in roots) or (os.getcwd(),)
    analysis = Analysis(places, memo=memo)
    if isinstance(target, str):
        return _named(target, analysis, places)
    if not callable(target):
        raise InvalidTarget(repr(target))
    return _live(target, analysis, places)


def _named(target: str, analysis: Analysis, roots: tuple[str, ...]) -> Fingerprint:
    module, _, name = target.partition(":")
    if not all(part.isidentifier() for part in (*module.split("."), *name.split("."))):
        raise InvalidTarget(target)
    file = _file(module, roots)
    entry = Entry(module, name)
    entries = analysis.origins(entry)
    if not entries:
        names = analysis.names(module)
        similar = get_close_matches(name, [one for one in names if analysis.origins(Entry(module, one))], 1)
        raise UnknownName(module, name, file, similar[0] if similar else None, imported=name in names)
    return analysis.fingerprints({target: entries})[target]


def _live(function: Callable[..., Any], analysis: Analysis, roots: tuple[str, ...]) -> Fingerprint:
    live = capture(function, roots=roots)
    for entry in live.entries:
        _file(entry.module, roots)  # code that cannot be found again would be left out without a word
    entries = [*live.entries, *(Entry(package, "") for package in live.packages)]
    found = analysis.fingerprints({"": entries})[""]
    if not live.parts and not live.opaque:
        return found
    first = analysis.locate(live.entries[0]) if live.entries else None
    ways = {part.key: first.key for part in live.parts} if first is not None else {}
    return found._replace(
        parts=tuple(sorted((*found.parts, *live.parts), key=lambda part: part.key)),
        opaque=(*found.opaque, *live.opaque),
        parents={**found.parents, **ways},
    )


def _file(module: str, roots: tuple[str, ...]) -> str:
    """Return the file of a module of the project, its directory if it is a package without one."""
    found = Finder(roots).find(module)
    if found.kind == "missing":
        raise UnknownModule(module, roots)
    if found.whose != PROJECT:
        raise UnknownModule(module, roots, found.file or found.kind)
    return found.file or (found.places[0].directory if found.places else found.kind)
