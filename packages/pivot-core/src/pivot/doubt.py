"""Which stages may be another than the remembered answer says: those about which something that it rests on changed.

``remember`` keeps the answer of a plan (``standing``) together with who rests on what (``users``); ``find_doubt`` holds
that against what is there now. About the stages that it does not name a plan would find what it found before, since
everything that it would look at is the same; the others are looked at and decided by ``plan``, as ever. Code is no
business of this module: ``Look`` is asked which stages have other code.
"""

import os
from collections.abc import Iterator, Mapping

import orjson

from pivot.grounds import Ground, holds
from pivot.project import Project
from pivot.standing import SPACE, Answer, is_of, is_there, key
from pivot_cache import Scan, SourceError, State, hash_bytes
from pivot_cache.stamp import stamp
from pivot_fingerprint.named import NamedTuple

ALL = -1  # the number that stands for every stage


class Doubt(NamedTuple):
    """What is left of the remembered answer: ``stages`` may be others now; ``code`` is the answer about all code."""

    answer: Answer
    users: dict[str, list[int]]  # the numbers of the stages that rest on a path
    ground_users: list[list[int]]
    stamps: list[str]  # of the files of the answer
    observed: dict[str, list[str]]  # by stage, what only its runs showed
    code: tuple[str, bytes]
    stages: frozenset[str]


def find_doubt(project: Project, state: State, seen: Mapping[str, bytes]) -> Doubt | None:
    """Return the stages that are not known to be as they were; None if nothing is known.

    ``seen`` are stamps of files that this command has looked at already.
    """
    kept, more = state.get(SPACE, key(project)), state.get(SPACE, users_key(project))
    if kept is None or more is None:
        return None
    try:
        answer = Answer(*orjson.loads(kept))
        name, users, ground_users, stamps, observed, question, code_name = orjson.loads(more)
        code = state.get("fingerprint", question)
        if name != hash_bytes(kept) or code is None or code_name != hash_bytes(code):
            return None
        if not is_of(answer, project, state):
            return None
        numbers = set(answer.open)
        for at, ground in enumerate(answer.grounds):
            if not holds(Ground(*ground), str(project.root)):
                numbers.update(ground_users[at])
        for path in _changed(answer, stamps, state, seen):
            numbers.update(users.get(path, ()))
        if ALL in numbers:
            return None
        stages = frozenset(answer.stages[number] for number in numbers)
    except (OSError, ValueError, TypeError, IndexError, AttributeError):
        return None
    return Doubt(answer, users, ground_users, stamps, observed, (question, code), stages)


def settle(project: Project, state: State, stamps: Mapping[str, bytes]) -> None:
    """Let ``stamps`` stand for files that were too fresh for that when the answer was kept, and have not changed."""
    kept, more = state.get(SPACE, key(project)), state.get(SPACE, users_key(project))
    if kept is None or more is None:
        return
    answer = Answer(*orjson.loads(kept))
    name, users, ground_users, before, *others = orjson.loads(more)
    if name != hash_bytes(kept):
        return
    settled = {path: stamps[path] for path in answer.fresh if path in stamps}
    now = [*before, *(one.hex() for one in settled.values())]
    answer = answer._replace(
        files=[*answer.files, *settled],
        stamps=hash_bytes(bytes.fromhex("".join(now))),
        fresh={path: told for path, told in answer.fresh.items() if path not in settled},
    )
    data = orjson.dumps(answer, default=tuple)
    state.put(SPACE, key(project), data)
    state.put(SPACE, users_key(project), orjson.dumps([hash_bytes(data), users, ground_users, now, *others]))


def users_key(project: Project) -> str:
    """Return the name under which is kept who rests on what."""
    return f"users {key(project)}"


def _changed(answer: Answer, stamps: list[str], state: State, seen: Mapping[str, bytes]) -> Iterator[str]:
    """Yield the paths at which something else may be now."""
    for path, known in zip(answer.files, stamps, strict=True):
        try:
            same = (seen.get(path) or stamp(os.stat(path))).hex() == known
        except OSError:
            same = False
        if not same:
            yield path
    yield from (path for path in answer.absent if is_there(path))
    scan = Scan(state)
    for path, told in (*answer.directories.items(), *answer.fresh.items()):
        try:
            found = list(scan.content(path) or ("", ""))
        except SourceError:
            found = ["", ""]
        if found[1] != told if isinstance(told, str) else found[:2] != told:
            yield path
