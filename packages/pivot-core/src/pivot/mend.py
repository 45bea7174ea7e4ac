"""Mending what a check found: bad objects are set aside, and made again from the work tree where it has their bytes.

Nothing is deleted, and no lock is touched: a stage whose result is lost is seen to be stale by the next run, since its
output is read anew. What to look for is the business of ``fsck``.
"""

from pivot.errors import StorageError
from pivot.fsck import Check, Finding, OnReading, Report
from pivot.outputs import confined
from pivot.traces import keep_only
from pivot.workspace import Workspace
from pivot_cache import Content, ObjectId, Scan, SourceError


def mend(workspace: Workspace, read: str | None = None, on_reading: OnReading | None = None) -> Report:
    """Check, and mend what can be mended; the report says how each finding ended. Raises what ``fsck.fsck`` raises."""
    workspace.store.hold()
    check = Check(workspace, read, on_reading)
    report = check.report()
    corrupt = [one.place for one in report.findings if one.kind == "corrupt"]
    moved = {place: workspace.store.quarantine(ObjectId(place)) for place in corrupt}
    for use, content in check.outputs:
        if check.bad_in(content):
            _keep_again(workspace, use.path, content)
    for key, locks in check.traces.items():
        good = [lock for lock in locks or () if all(map(workspace.store.has, check.lacking(lock)))]
        if locks is None or len(good) < len(locks):
            moved[key] = workspace.runs.quarantine(key)
            keep_only(workspace.runs, key, good)
    if any(one.kind == "leftover" for one in report.findings):
        workspace.store.layout.temporary()  # whoever writes clears away what dead processes left
        workspace.store.remove_partials()
    return report._replace(findings=tuple(_ended(workspace, one, moved.get(one.place)) for one in report.findings))


def _keep_again(workspace: Workspace, path: str, content: Content) -> None:
    """Keep an output again if the work tree still has its very bytes; else have the next run read what is there."""
    try:
        place = confined(workspace.project.root, path)
        if Scan().content(place) == content:
            workspace.store.save(place, expected=content)
        else:
            Scan(workspace.state).distrust(place)
    except (SourceError, StorageError):
        return  # what cannot be read is no copy


def _ended(workspace: Workspace, finding: Finding, moved: str | None) -> Finding:
    """Return the finding with what became of it."""
    store = workspace.store
    place = None if moved is None else workspace.project.relative(moved)
    match finding.kind:
        case "corrupt" | "missing":
            return finding._replace(moved=place, mended=store.has(ObjectId(finding.place)))
        case "trace":
            return finding._replace(moved=place, mended=True)
        case "writable":
            return finding._replace(mended=store.protect(ObjectId(finding.place)))
        case "leftover":
            return finding._replace(mended=True)
        case _:
            return finding
