"""What a plan rests on, and which stages rest on it: the facts that ``standing`` and ``doubt`` hold against the disk.

``remember`` is told of a plan; the facts of stages that it did not look at, since they were not in doubt, are taken
over from what was remembered before.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

import orjson

from pivot.doubt import ALL, Doubt, users_key
from pivot.grounds import Ground
from pivot.lock import Lock, lock_file
from pivot.paths import parents
from pivot.plan import Plan, Step, is_there
from pivot.standing import SPACE, Answer, key, trust
from pivot_cache import hash_bytes
from pivot_cache.content import DIRECTORY
from pivot_fingerprint.access import listing_digest

if TYPE_CHECKING:
    from pivot.look import Look
    from pivot.workspace import Workspace

MOST_FRESH = 64  # files of which the content is looked at each time, since stamps prove nothing so soon


def remember(workspace: "Workspace", look: "Look", plan: Plan, doubt: Doubt | None = None) -> None:
    """Keep a plan of the whole pipeline; ``doubt`` is what was left of the one before it, if it was made from that."""
    project, state = workspace.project, workspace.state
    manifest, code = workspace.manifest_name, look.analysis.answer()
    if not manifest or code is None or not _sees_sources(look):
        return
    if len((facts := _Facts(workspace, look, plan, doubt)).fresh) > MOST_FRESH:
        return
    answer = Answer(
        trust(state),
        manifest,
        list(plan.graph.order),
        sorted(facts.open),
        next(one for one in look.manifest.inputs if one.kind == "python"),
        list(facts.grounds),
        look.analysis.grounds().decode(),
        list(facts.files),
        hash_bytes(bytes.fromhex("".join(facts.files.values()))),
        facts.directories,
        list(facts.absent),
        facts.fresh,
    )
    with suppress(TypeError):  # a file name that is not UTF-8
        data = orjson.dumps(answer, default=tuple)
        if state.get(SPACE, key(project)) == data:
            return
        stamps, grounds = list(facts.files.values()), list(facts.grounds.values())
        more = [hash_bytes(data), facts.users, grounds, stamps, facts.observed, code[0], hash_bytes(code[1])]
        told = orjson.dumps(more)
        state.put(SPACE, key(project), data)
        state.put(SPACE, users_key(project), told)


def _sees_sources(look: "Look") -> bool:
    """Look at all that the manifest was made from; return whether that is known and as it was, and so is all code."""
    if any(look.scan.digest(path) != digest for path, digest in look.sources.seen.items()):
        return False  # an input as well, and edited during the run
    return all(
        one.kind != "unseen"
        and (one.kind not in ("source", "file") or look.scan.digest(look.absolute(one.name)) == one.digest)
        for one in look.manifest.inputs
    )


class _Facts:
    """The facts of a plan, each with the numbers of the stages that rest on it; none for what code alone rests on."""

    def __init__(self, workspace: "Workspace", look: "Look", plan: Plan, doubt: Doubt | None) -> None:
        self._workspace = workspace
        self._look = look
        self._numbers = {name: number for number, name in enumerate(plan.graph.order)}
        self.open: set[int] = set()
        self.users: dict[str, list[int]] = {}
        self.files: dict[str, str] = {}  # stamps
        self.directories: dict[str, str] = {}
        self.absent: dict[str, None] = {}
        self.fresh: dict[str, list[str]] = {}
        self.grounds: dict[Ground, list[int]] = {}
        self.observed: dict[str, list[str]] = {}
        if doubt is not None:
            self._take_over(doubt, plan.standing)
        self._add_grounds()
        paths = {step.stage.name: list(dict.fromkeys(self._paths(step))) for step in plan.steps}
        self._seen = look.scan.seen()
        self._known = {*self._seen.files, *self._seen.directories, *self._seen.absent, *self._seen.fresh}
        for path in self._known & self.users.keys():
            if not self._is_as_before(path):
                self.open.update(self.users[path])
        for step in plan.steps:
            self._add(step, paths[step.stage.name])
        self._add_seen({path for found in paths.values() for path in found})
        if len(self.fresh) > MOST_FRESH:
            self._leave_fresh()

    def _take_over(self, doubt: Doubt, standing: tuple[str, ...]) -> None:
        """Take the facts of stages that were not looked at."""
        answer, numbers = doubt.answer, self._numbers
        kept = {name: numbers[name] for name in standing}
        now = {old: kept[name] for old, name in enumerate(answer.stages) if name in kept}
        users = self.users
        for path, found in doubt.users.items():
            left = [now[number] for number in found if number in now]
            if left:
                users[path] = left
        for ground, found in zip(answer.grounds, doubt.ground_users, strict=True):
            left = [now[number] for number in found if number in now]
            if left:
                self.grounds[Ground(*ground)] = left
        self.files = {path: one for path, one in zip(answer.files, doubt.stamps, strict=True) if path in users}
        self.directories = {path: digest for path, digest in answer.directories.items() if path in users}
        self.absent = {path: None for path in answer.absent if path in users}
        self.fresh = {path: told for path, told in answer.fresh.items() if path in users}
        self.observed = {name: found for name, found in doubt.observed.items() if name in kept}

    def _add_grounds(self) -> None:
        """Add what the manifest rests on, which ``load`` looks at by itself, and what every stage rests on."""
        for one in self._look.manifest.inputs:
            if one.kind not in ("source", "file", "python"):
                self.grounds.setdefault(one, [])
        for pipeline in sorted({stage.pipeline for stage in self._look.manifest.stages}):
            place = os.path.join(".pivot", "pending", pipeline)  # where no result waits to be committed
            self._rests(Ground("listing", place, listing_digest(self._look.absolute(place))), ALL)

    def _rests(self, ground: Ground, number: int) -> None:
        self.grounds.setdefault(ground, []).append(number)

    def _add(self, step: Step, paths: list[str]) -> None:
        """Add who a stage is and what it rests on; nothing of one that is not up to date, or not seen in full."""
        stage, number = step.stage, self._numbers[step.stage.name]
        plain = isinstance(step.lock, Lock) and all(is_there(*one) for one in step.now.inputs.items())  # no more to say
        if step.decision.action != "skip" or not plain or self._workspace.pending.read(stage):
            self.open.add(number)
            return
        if not (self._known.issuperset(paths) and self._is_as_seen(step)):
            self.open.add(number)
            return
        for path in paths:
            self.users.setdefault(path, []).append(number)
        if isinstance(step.lock, Lock) and step.lock.observed:
            self.observed[stage.name] = list(step.lock.observed)
        for name, digest in step.now.env.items():
            self._rests(Ground("env", name, digest), number)
        for path, digest in step.now.reads.items():
            if path.endswith("/."):
                self._rests(Ground("directory", path[:-2], digest), number)
            elif path.endswith("/"):
                self._rests(Ground("listing", path[:-1], digest), number)

    def _is_as_before(self, path: str) -> bool:
        """Return whether what was seen at a path is what stages rest on that were not looked at."""
        if path in self.files:
            return self.files[path] == self._seen.files.get(path, b"").hex()
        if path in self.absent:
            return path in self._seen.absent
        content = self._look.scan.content(path)
        if content is None:
            return False
        return [content.kind, content.digest] == self.fresh.get(path, [DIRECTORY, self.directories.get(path)])

    def _is_as_seen(self, step: Step) -> bool:
        """Return whether a decision was made on what was seen last: during a run, paths are looked at again."""
        look, now = self._look, step.now
        contents = (*now.inputs.items(), *now.outputs.items())
        reads = ((path, digest) for path, digest in now.reads.items() if not path.endswith(("/", "/.")))
        return all(look.content(path) == content for path, content in contents) and all(
            look.read(path) == digest for path, digest in reads
        )

    def _paths(self, step: Step) -> Iterator[str]:
        """Yield the paths at which a stage's facts are, and look at those that its decision did not need."""
        stage, look = step.stage, self._look
        yield lock_file(str(look.project.home), stage.pipeline, stage.name)
        for given in step.now.inputs:
            yield look.absolute(given)
            for place in (given.rstrip("/"), *parents(given.rstrip("/"))):
                look.found(f"{place}.pvt")  # tracked data may come to be described, or anew
                yield look.absolute(place) + ".pvt"
        yield from (look.absolute(path) for path in step.now.outputs)
        yield from (look.absolute(path) for path in step.now.reads if not path.endswith(("/", "/.")))

    def _add_seen(self, theirs: set[str]) -> None:
        """Add what is where, as the look saw it; ``theirs`` are the paths of stages, of which some may not count."""
        unknown = theirs - self.users.keys()
        seen = self._seen
        for path in self._known - unknown:
            self._forget(path)
        self.files |= {path: stamp.hex() for path, stamp in seen.files.items() if path not in unknown}
        self.directories |= {path: digest for path, digest in seen.directories.items() if path not in unknown}
        self.absent |= {path: None for path in seen.absent if path not in unknown}
        self.fresh |= {path: [it.kind, it.digest] for path, it in seen.fresh.items() if path not in unknown}

    def _forget(self, path: str) -> None:
        for facts in (self.files, self.directories, self.absent, self.fresh):
            facts.pop(path, None)

    def _leave_fresh(self) -> None:
        """Leave the stages open whose files are too many to be read each time."""
        for path in [path for path in self.fresh if path in self.users]:
            self.open.update(self.users[path])
            del self.fresh[path]
