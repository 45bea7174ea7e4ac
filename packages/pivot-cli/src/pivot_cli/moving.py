"""What ``push``, ``pull`` and ``fetch`` share: from the records to a transfer, and from its report to the screen.

The project's code is not imported: the records alone say what is to be moved.

    {"remote", "address", "dry_run", "objects", "bytes", "present", "runs", "seconds",
     "incomplete": [{"path", "stage"}], "problems": [{"object", "problem"}], "unreadable": ["…"]}
"""

from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from pivot.project import locate
from pivot.records import Records, find_records
from pivot.wanted import Wanted, find_wanted, wanted_by_git
from pivot.workspace import Workspace
from pivot_cache import LocalStore
from pivot_cache.errors import printable
from pivot_cli.known_runs import send_runs
from pivot_cli.quantities import amount, duration, plural
from pivot_cli.session import Session
from pivot_cli.terminal import Stream
from pivot_cli.usage import option
from pivot_cli.wiring import Elsewhere, OnProgress, base_of, compare, move, open_elsewhere, stop_on_terminate
from pivot_fingerprint.named import NamedTuple

if TYPE_CHECKING:
    from pivot_cli.meter import Meter
    from pivot_cli.wiring import Report

INCOMPLETE = 1
SHOWN = 10  # problems and paths that are told one by one

_OPTIONS = (
    click.argument("targets", nargs=-1),
    option("-r", "--remote", metavar="NAME", help="Which remote; else the default one."),
    option("-n", "--dry-run", is_flag=True, help="Only say what would be moved."),
    option("-j", "--jobs", metavar="N", type=click.IntRange(1, 256), help="How many objects move at once; else 20."),
    option("--all-branches", is_flag=True, help="Also what any branch, tag or stash of git names."),
)


class Asked(NamedTuple):
    """What is asked of a transfer: its targets and options, by their names."""

    targets: tuple[str, ...]
    remote: str | None = None
    dry_run: bool = False
    jobs: int | None = None
    all_branches: bool = False


def options(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command the targets and options of a transfer, gathered as ``asked``."""

    @wraps(command)
    def gathered(*positional: Any, **named: Any) -> int:
        asked = Asked(**{name: named.pop(name) for name in Asked._fields})
        return command(*positional, asked=asked, **named)

    for add in reversed(_OPTIONS):
        gathered = add(gathered)
    return gathered


class Told(NamedTuple):
    """What came of a transfer, or would: counts, what is incomplete now, and each problem with its object."""

    objects: int
    bytes: int
    present: int
    incomplete: tuple[Wanted, ...]
    problems: tuple[tuple[str, str], ...]
    seconds: float
    runs: int = 0  # records that went along
    hint: str = ""  # what to do about what is missing


class Words(NamedTuple):
    """How a direction is told: ``("Pushing to", "Pushed", "push")``; ``remedy`` is for what its source lacks."""

    doing: str
    done: str
    plain: str
    remedy: str


_AGAIN = "what a stage makes, pivot repro makes again"
PUSH = Words("Pushing to", "Pushed", "push", f"pivot fsck --repair keeps what the work tree has of it; {_AGAIN}")
FETCH = Words("Fetching from", "Fetched", "fetch", f"pivot push sends it from where the bytes are; {_AGAIN}")


def _fetch(workspace: Workspace, remote: Elsewhere, wanted: Sequence[Wanted], jobs: int, meter: "Meter | None") -> Told:
    """Get what the cache lacks."""
    store = workspace.open_store(durable=False)
    store.hold()  # nothing that is there now is removed while we rely on it
    told = None
    try:
        told = _move(FETCH, wanted, store, remote, jobs, meter)
        return told
    finally:
        if workspace.config.durable and (told is None or told.objects):
            store.flush()  # once, not object by object
        store.close()


def _foresee(workspace: Workspace, remote: Elsewhere, wanted: Sequence[Wanted], jobs: int, *, to_remote: bool) -> Told:
    """Say what a transfer would move."""
    began = perf_counter()
    cache = workspace.store
    source, target = (cache, remote.store) if to_remote else (remote.store, cache)
    found = compare([one.content for one in wanted], source, target, jobs)
    incomplete = tuple(one for one in wanted if one.content in found.incomplete)
    problems = tuple((oid, "this listing of a directory is nowhere") for oid in found.unread)
    return Told(len(found.lacking), found.bytes, found.present, incomplete, problems, perf_counter() - began)


def transfer(session: Session, words: Words, asked: Asked, *, as_json: bool) -> int:
    """Move what is asked for, say what came of it, and return the exit code."""
    with Workspace(locate(session.start), make=False) as workspace:
        records = find_records(workspace.project.root)
        told, elsewhere = carry_out(session, workspace, words, asked, records, json=as_json)
    if as_json:
        session.terminal.out.json(told_data(told, elsewhere, records, dry_run=asked.dry_run))
    else:
        tell(session, told, records, words, dry_run=asked.dry_run)
    return exit_code(told, asked)


def carry_out(
    session: Session, workspace: Workspace, words: Words, asked: Asked, records: Records, *, json: bool
) -> tuple[Told, Elsewhere]:
    """Move what is asked for, or only say what would move; return what came of it, and the remote, closed again."""
    wanted = find_wanted(records, asked.targets, base_of(session, workspace))
    if asked.all_branches:
        wanted = list(dict.fromkeys((*wanted, *wanted_by_git(workspace.project.root))))
    return move_wanted(session, workspace, words, wanted, asked, json=json)


def move_wanted(
    session: Session, workspace: Workspace, words: Words, wanted: Sequence[Wanted], asked: Asked, *, json: bool
) -> tuple[Told, Elsewhere]:
    """Move these contents, as ``carry_out`` does."""
    jobs = asked.jobs or int(workspace.config.values["remote.jobs"] or 1)
    remote = open_elsewhere(workspace.config, asked.remote)
    out = session.terminal.out
    shown = not json and not session.quiet
    if shown:  # in full: the settings that name it may be somebody else's
        out.line(f"{words.doing} {remote.name}: {remote.address}")
    meter = _meter(out, words) if shown and out.live else None
    stop_on_terminate()
    try:
        if asked.dry_run:
            told = _foresee(workspace, remote, wanted, jobs, to_remote=words is PUSH)
        elif words is PUSH:
            told = _move(words, wanted, workspace.store, remote, jobs, meter)
            whole = {one.content for one in wanted} - {one.content for one in told.incomplete}
            told = told._replace(runs=send_runs(workspace, remote, whole))
        else:
            told = _fetch(workspace, remote, wanted, jobs, meter)
    finally:
        if meter:
            meter.close()
        remote.store.close()
    return told, remote


def _meter(out: Stream, words: Words) -> "Meter":
    from pivot_cli.meter import Meter  # lazy: for terminals only

    return Meter(out, words.doing.partition(" ")[0])


def exit_code(told: Told, asked: Asked) -> int:
    """Return 0, or 1 if something could not be moved."""
    return INCOMPLETE if told.incomplete and not asked.dry_run else 0


def tell(session: Session, told: Told, records: Records, words: Words, *, dry_run: bool = False) -> None:
    """Print what came of a transfer."""
    out, err = session.terminal
    for problem in records.damaged():
        err.line(f"Ignored a record: {problem}")
    if not dry_run:
        for line in _complaints(told):
            err.line(line)
    if not session.quiet:
        what = f"{plural(told.objects, 'object')}, {amount(told.bytes)}"
        if dry_run:
            out.line(f"Would {words.plain} {what}; {told.present:,} would not have to move")
        elif told.objects:
            out.line(f"{words.done} {what} ({duration(told.seconds)}); {told.present:,} did not have to move")
        elif not told.incomplete:
            out.line(f"Everything is there already ({plural(told.present, 'object')}, {duration(told.seconds)})")
        if told.runs:
            out.line(f"{words.done} {plural(told.runs, 'record')} of runs, signed")


def told_data(told: Told, remote: Elsewhere, records: Records, *, dry_run: bool) -> dict[str, Any]:
    """Return what came of a transfer as JSON data."""
    return {
        "remote": remote.name,
        "address": remote.address,
        "dry_run": dry_run,
        "objects": told.objects,
        "bytes": told.bytes,
        "present": told.present,
        "runs": told.runs,
        "incomplete": [{"path": one.path, "stage": one.stage} for one in told.incomplete],
        "problems": [{"object": oid, "problem": problem} for oid, problem in told.problems],
        "seconds": round(told.seconds, 4),
        "unreadable": records.damaged(),
    }


def _move(
    words: Words, wanted: Sequence[Wanted], cache: "LocalStore", remote: Elsewhere, jobs: int, meter: "Meter | None"
) -> Told:
    began = perf_counter()
    on_progress: OnProgress = meter or (lambda _: None)
    source, target = (cache, remote.store) if words is PUSH else (remote.store, cache)
    report = move([one.content for one in wanted], source, target, jobs, on_progress)
    place = "the cache" if words is PUSH else remote.name
    bad = {*report.missing, *report.corrupt, *report.withheld, *(failure.id for failure in report.failed)}
    incomplete = tuple(one for one in wanted if one.content.digest in bad)
    problems = tuple(_problems(report, place))
    seconds = perf_counter() - began
    hint = words.remedy if report.missing else ""
    return Told(len(report.moved), report.bytes, report.present, incomplete, problems, seconds, hint=hint)


def _problems(report: "Report", place: str) -> Iterator[tuple[str, str]]:
    yield from ((oid, f"{place} does not have it") for oid in report.missing)
    yield from ((oid, f"what {place} has under this name is something else") for oid in report.corrupt)
    yield from ((failure.id, str(failure.error)) for failure in report.failed)


def _complaints(told: Told) -> Iterator[str]:
    for one in told.incomplete[:SHOWN]:
        made = f", which {one.stage} makes" if one.stage else ""
        yield f"✗ {printable(one.path)}{made}, could not be moved whole"
    if len(told.incomplete) > SHOWN:
        yield f"✗ and {len(told.incomplete) - SHOWN:,} more"
    for oid, problem in told.problems[:SHOWN]:
        yield f"    {oid[:16]}…: {problem}"
    if len(told.problems) > SHOWN:
        yield f"    and {len(told.problems) - SHOWN:,} more objects"
    if told.hint:
        yield f"    Hint: {told.hint}"
