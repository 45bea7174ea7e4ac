"""What an edit means for a run: which of its stages it affects, and whether what the run left undone is worth another
try. Pure.

Compares two plans, the one that is or was carried out and the one that would be made now. Contents that the run itself
makes are left out: they differ because the run goes on.
"""

from collections.abc import Collection

from pivot.plan import Plan, Step


def affected(under_way: Plan, now: Plan, running: Collection[str]) -> frozenset[str]:
    """Return the stages whose result would be another one now: changed themselves, new, gone, or behind such a one."""
    made = {out.path.rstrip("/") for step in (*under_way.steps, *now.steps) for out in step.stage.outs}
    before = {step.stage.name: step for step in under_way.steps}
    after = {step.stage.name: step for step in now.steps}
    found: set[str] = set(before.keys() ^ after.keys())
    for name in now.graph.order:
        if name not in after or name in found:
            continue
        behind = not found.isdisjoint(now.graph.upstream[name])
        if behind or _differs(before[name], after[name], made, name in running):
            found.add(name)
    return frozenset(found)


def has_news(carried_out: Plan, undone: Collection[str], now: Plan) -> bool:
    """Return whether there is something to do but the ``undone`` stages of a run, on which nothing has changed."""
    todo = [step.stage.name for step in now.steps if step.decision.action != "skip"]
    hit = affected(carried_out, now, todo)
    return any(name not in undone or name in hit for name in todo)


def _differs(before: Step, after: Step, made: Collection[str], running: bool) -> bool:
    old, new = before.now, after.now
    if before.stage.deps != after.stage.deps or before.stage.outs != after.stage.outs:
        return True
    if before.stage.params != after.stage.params or old.live != new.live:
        return True
    if _digests(before) != _digests(after) or old.static.packages != new.static.packages:
        return True
    if any(new.inputs[path] != content for path, content in old.inputs.items() if not _is_made(path, made)):
        return True
    # what earlier runs showed: of a stage that has ended meanwhile it stands in another record
    return running and (old.parts != new.parts or old.reads != new.reads or old.env != new.env)


def _digests(step: Step) -> list[tuple[str, str]]:
    return sorted((part.key, part.digest) for part in step.now.static.parts)


def _is_made(path: str, made: Collection[str]) -> bool:
    place = path.rstrip("/")
    return place in made or any(place.startswith(one + "/") or one.startswith(place + "/") for one in made)
