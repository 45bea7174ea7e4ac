"""What is not there, and need not be: outputs and tracked data that records describe, and that nothing here uses.

In a fresh clone the records say what would be at each path. Where they are believed, ``verify`` needs no data at all,
and ``repro --pull`` gets only what a stage that runs is going to read, and the results; ``repro --checkout-missing``
takes what the cache has. How bytes are got is for who calls: core knows no network.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from pivot.checkout import Options as CheckoutOptions
from pivot.checkout import checkout
from pivot.forecast import plan
from pivot.given import Given
from pivot.graph import build
from pivot.known_runs import Ask, Known, find_known, take_lock, take_trace
from pivot.options import Options
from pivot.plan import Plan, choose
from pivot.records import Records, find_records
from pivot.wanted import Wanted, find_wanted
from pivot.workspace import Workspace
from pivot_cache import Content
from pivot_fingerprint.named import NamedTuple

type Fetch = Callable[[Sequence[Wanted]], object]
"""Gets contents into the cache, as far as they are to be had."""


class Afar(NamedTuple):
    """What there is elsewhere: contents, and records of runs that may be trusted; ``tell`` hears of each stage whose
    record was taken over."""

    fetch: Fetch
    ask: Ask
    tell: Callable[[Sequence[str]], object]


def presume(records: Records) -> dict[str, Content]:
    """Return what the records say is at each path."""
    return {one.path.rstrip("/"): one.content for one in find_wanted(records, ())}


def bring(workspace: Workspace, options: Options, afar: Afar) -> Options:
    """Get what a run with these options needs and the records describe; return the options to run with.

    What is known elsewhere of a stage that would run is taken over. What could not be had is presumed no longer, so
    that the stage which makes it runs; that may need other things in turn. Raises ProjectError and UsageError, and what
    the functions of ``afar`` raise.
    """
    lost: set[str] = set()
    asked: set[str] = set()
    while True:
        records = find_records(workspace.project.root)
        presumed = {path: content for path, content in presume(records).items() if path not in lost}
        options = options._replace(presumed=presumed)
        look, planned = plan(workspace, options)
        known = find_known(workspace, look, planned, asked, afar.ask)
        if _take_over(workspace, known, afar, pending=options.no_commit):
            continue
        absent = [path for path in find_needed(planned, presumed) if not _is_there(workspace, path)]
        if not absent:
            return options
        afar.fetch([one for one in find_wanted(records, ()) if one.path.rstrip("/") in absent])
        targets = CheckoutOptions(tuple(absent), only_missing=True)
        lost |= {given.path.rstrip("/") for given in checkout(workspace, targets, records) if given.fate == "lost"}


def _take_over(workspace: Workspace, known: Sequence[Known], afar: Afar, *, pending: bool) -> bool:
    """Take over what is known, and say whether that changes the plan. Bytes are got only where others are in their
    place; elsewhere it turns out later which of them are needed."""
    taken = [] if pending else [one for one in known if take_lock(workspace, one)]
    left = [one for one in known if one not in taken]
    if left:
        afar.fetch([output for one in left for output in one.outputs])
        taken += [one for one in left if take_trace(workspace, one)]
    if taken:
        afar.tell([one.step.stage.name for one in taken])
    return bool(taken)


def find_missing(workspace: Workspace, options: Options) -> list[Wanted]:
    """Return what a run with these options would find missing, the cache has, and the records describe: outputs, and
    without targets tracked data as well.

    Raises ProjectError and UsageError.
    """
    described = find_wanted(find_records(workspace.project.root), ())
    if options.targets:
        manifest = workspace.manifest(reload=options.reload)
        graph = build(manifest.stages)
        chosen = choose(manifest, graph, options.targets, alone=options.alone, base=options.base)
        described = [one for one in described if one.stage in chosen]
    return [one for one in described if not _is_there(workspace, one.path) and workspace.store.has_all(one.content)]


def give_back(workspace: Workspace, options: Options) -> Iterator[Given]:
    """Give ``find_missing`` back, and say what came of each. Raises what that and ``checkout`` raise."""
    paths = tuple(one.path for one in find_missing(workspace, options))
    if paths:
        yield from checkout(workspace, CheckoutOptions(paths, only_missing=True))


def find_needed(planned: Plan, presumed: Mapping[str, Content]) -> list[str]:
    """Return the presumed paths that have to be there: what a stage that may run reads, and what nothing else reads."""
    used = {name for step in planned.steps for name in planned.graph.upstream[step.stage.name]}
    needed: list[str] = []
    for step in planned.steps:
        if step.decision.action == "run":
            needed += _covering((dep.path.rstrip("/") for dep in step.stage.deps), presumed)
        elif step.stage.name not in used:
            needed += [path for out in step.stage.outs if (path := out.path.rstrip("/")) in presumed]
    return list(dict.fromkeys(needed))


def _covering(paths: Iterable[str], presumed: Mapping[str, Content]) -> Iterator[str]:
    """Yield the presumed paths that are one of the paths, above it, or below it."""
    for path in paths:
        for other in presumed:
            if other == path or path.startswith(f"{other}/") or other.startswith(f"{path}/"):
                yield other


def _is_there(workspace: Workspace, path: str) -> bool:
    return os.path.lexists(workspace.project.root / path.rstrip("/"))
