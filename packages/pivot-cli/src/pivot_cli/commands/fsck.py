"""``pivot fsck``: check the cache and the records against each other, and mend what can be mended."""

from typing import Any

import click

from pivot.errors import StorageError, UsageError
from pivot.fsck import Finding, Report, Use, fsck
from pivot.mend import mend
from pivot.project import locate
from pivot.workspace import Workspace
from pivot_cache import is_object_id
from pivot_cache.errors import DiskError, FormatTooNew, printable
from pivot_cli.meter import Meter
from pivot_cli.quantities import amount, plural
from pivot_cli.session import Session, as_json, common
from pivot_cli.terminal import Stream
from pivot_cli.usage import Exemplified, option

DAMAGED, BLIND = 1, 2
_SHOWN = 5  # outputs that one line names
_WRONG = {
    "corrupt": "object {place} is damaged: {detail}",
    "missing": "object {place} is not in the cache",
    "record": "the record of {place} cannot be used: {detail}",
    "writable": "object {place} can be written to{detail}",
    "unreadable": "object {place} could not be read: {detail}",
    "trace": "trace {place} {detail}, and counts as none",
    "foreign": "{place} is not Pivot's",
    "leftover": "{place} was left over by a process that is gone",
    "set aside": "{place} was set aside ({detail})",
}
_ADVICE = {
    "record": "take it from git again, or let the next pivot repro write it anew",
    "writable": "pivot fsck --repair makes it read-only",
    "unreadable": "check who owns it and its permissions",
    "trace": "pivot fsck --repair sets it aside",
    "foreign": "move it elsewhere, or delete it",
    "leftover": "the next command that writes removes it",
    "set aside": "look whether it is an edit of yours, then delete it",
}


@click.command(
    name="fsck",
    cls=Exemplified,
    examples=[
        ("pivot fsck", "names, sizes, modes, records; fast"),
        ("pivot fsck --read-data", "every byte, too"),
        ("pivot fsck --read-data-subset 1/7", "of each week day another part"),
        ("pivot fsck --read-data --repair", "and mend"),
        ("pivot fsck --remote", "does the remote have it all?"),
        ("pivot fsck --remote --read-data --repair", "replace what is damaged"),
    ],
)
@option("--read-data", is_flag=True, help="Read all objects and compare their bytes with their names.")
@option(
    "--read-data-subset", metavar="SUBSET", help="Read a part (1/5), a share (10%) or an amount (500M) of the objects."
)
@option("--repair", is_flag=True, help="Set bad objects aside, and keep again what the work tree has.")
@option("--remote", metavar="[NAME]", is_flag=False, flag_value="", help="Check a remote, not the cache.")
@as_json
@common
@click.pass_obj
def command(
    session: Session,
    /,
    read_data: bool,
    read_data_subset: str | None,
    repair: bool,
    remote: str | None,
    as_json: bool,
) -> int:
    """Check the cache and the records against each other.

    Nothing is run and pipeline.py is not read. --repair deletes nothing and changes no lock: what is wrong is moved to
    the quarantine of the cache, and the next pivot repro makes again what is lost. With --remote it sends what the
    remote lacks or has in damaged form, as far as the cache has it. Exit code 1 if something is damaged, 2 if it could
    not be looked at.
    """
    if read_data and read_data_subset:
        raise UsageError("--read-data and --read-data-subset exclude each other")
    read = "100%" if read_data else read_data_subset
    project = locate(session.start)
    if remote is not None:
        if read_data_subset:
            raise UsageError("--remote goes with --read-data, not with --read-data-subset")
        from pivot_cli.checking import check_remote  # lazy: for --remote only

        with Workspace(project, make=False) as workspace:
            return check_remote(session, workspace, remote or None, read=read_data, repair=repair, json=as_json)
    meter = Meter(session.terminal.out, "Reading")
    shown = session.terminal.out.live and not (as_json or session.quiet)
    try:
        with Workspace(project, make=False) as workspace:
            report = (mend if repair else fsck)(workspace, read, meter if shown else None)
    except (DiskError, FormatTooNew, StorageError) as error:
        blind = error if isinstance(error, StorageError) else StorageError(str(error))
        blind.exit_code = BLIND
        raise blind from error
    finally:
        meter.close()
    if as_json:
        session.terminal.out.json(fsck_data(report))
    else:
        show(session, report, read=read is not None, repair=repair)
    return DAMAGED if report.damaged else BLIND if report.blind else 0


def fsck_data(report: Report) -> dict[str, Any]:
    """Return a report as JSON data."""
    rows = [{**one._asdict(), "uses": [use._asdict() for use in one.uses]} for one in report.findings]
    return {"damaged": report.damaged, "checked": report.stock._asdict(), "findings": rows}


def show(session: Session, report: Report, *, read: bool, repair: bool) -> None:
    """Print what is wrong, and how much was looked at."""
    out, err = session.terminal
    for one in report.findings:
        hurts = one.kind in ("corrupt", "missing", "record", "writable", "unreadable")
        if hurts or session.verbose or not session.quiet:
            _show_finding(err if hurts else out, one, hurts=hurts, repair=repair)
    if session.quiet:
        return
    stock = report.stock
    counts = f"{plural(stock.objects, 'object')} ({amount(stock.bytes)}), {plural(stock.records, 'record')}, "
    counts += plural(stock.traces, "trace")
    if report.damaged:
        verdict = "damaged"
    elif report.blind:
        verdict = "not all could be read"
    else:
        verdict = "all is well" if not any(one.mended for one in report.findings) else "all is well again"
    out.line(f"Checked {counts}: {verdict}")
    if not read:
        out.line(out.paint("The bytes of objects were not read; pivot fsck --read-data does that", "dim"))


def _show_finding(stream: Stream, one: Finding, *, hurts: bool, repair: bool) -> None:
    mark = stream.marks.skipped
    if hurts:
        mark = stream.paint(stream.marks.done, "green") if one.mended else stream.paint(stream.marks.failed, "red")
    detail = amount(int(one.detail)) if one.kind == "set aside" else one.detail
    if one.kind == "writable" and detail:
        detail = f": {detail}"
    stream.line(f"{mark} {_WRONG[one.kind].format(place=_short(one.place), detail=detail)}")
    if needed := _needed(one):
        stream.line(f"    needed by {needed}")
    if one.moved:
        stream.line(f"    moved to {one.moved}")
    if one.mended and not (one.moved and one.kind == "trace"):
        stream.line(f"    {_MENDED[one.kind]}")
    elif not one.mended and (hint := _hint(one, repair)):
        stream.line(f"    Hint: {hint}")


_MENDED = {
    "corrupt": "kept again from the work tree",
    "missing": "kept again from the work tree",
    "writable": "made read-only",
    "leftover": "removed",
    "trace": "whole again",
}


def _needed(one: Finding) -> str:
    if one.kind not in ("corrupt", "missing"):
        return ""
    names = [_use(use) for use in one.uses[:_SHOWN]]
    if more := len(one.uses) - len(names):
        names.append(f"{more} more")
    if one.traces:
        names.append(plural(one.traces, "trace"))
    return ", ".join(names) or "no record"


def _use(use: Use) -> str:
    path = printable(use.path)
    return f"{path} (tracked)" if use.stage is None else f"{path} of {printable(use.stage)}"


def _hint(one: Finding, repair: bool) -> str | None:
    if one.kind not in ("corrupt", "missing"):
        return _ADVICE[one.kind]
    stages = sorted({use.stage for use in one.uses if use.stage is not None})
    tracked = sorted({use.path for use in one.uses if use.stage is None})
    steps = []
    if one.kind == "corrupt" and not repair:
        steps.append("pivot fsck --repair sets it aside")
    elif one.uses and not repair:
        steps.append("pivot fsck --repair keeps it again if the work tree has it")
    if stages:
        steps.append(f"pivot repro {printable(' '.join(stages[:_SHOWN]))} makes it again where it is missed")
    if tracked:
        steps.append(f"get {printable(tracked[0])} from where it came from")
    return "; ".join(steps) or None


def _short(place: str) -> str:
    """Return the name of an object in short, anything else as it is."""
    return place[:12] if is_object_id(place) else printable(place)
