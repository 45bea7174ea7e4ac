"""``pivot fsck --remote``: what the records name and a remote lacks, and what it has under wrong names.

Nothing is changed there or here; with a wish to repair, what the cache has is sent once more.

    {"remote", "address", "damaged", "checked": {"paths", "objects", "bytes"}, "incomplete": [{"path", "stage"}],
     "corrupt": ["…"], "mended": ["…"], "refused": [{"object", "problem"}], "unread": [{"object", "problem"}]}
"""

from collections.abc import Sequence

from pivot.errors import StorageError
from pivot.records import find_records
from pivot.wanted import find_wanted
from pivot.workspace import Workspace
from pivot_cache import Content, ObjectId
from pivot_cache.content import FILE
from pivot_cache.errors import printable
from pivot_cli.ci import refuse_forks
from pivot_cli.quantities import amount, plural
from pivot_cli.session import Session
from pivot_cli.wiring import Elsewhere, check, compare, move, open_elsewhere, storage_errors

DAMAGED, BLIND = 1, 2
_HINT_LACKING = "pivot push sends what the cache has"
_HINT_CORRUPT = "with --repair, what the cache has takes the place of {place}"
_HINT_LOST = "it could not be mended from this cache: repair it from where there is a good copy"
_HINT_REFUSED = "the remote did not take all that was sent; see below"


def check_remote(
    session: Session, workspace: Workspace, name: str | None, *, read: bool, repair: bool, json: bool
) -> int:
    """Look for what is wrong at a remote, with ``read`` at every byte of its objects; return the exit code.

    ``repair`` mends what the cache can.
    """
    out, err = session.terminal
    if repair:
        refuse_forks()
    wanted = find_wanted(find_records(workspace.project.root), ())
    mended: set[ObjectId] = set()
    refused: dict[ObjectId, str] = {}
    jobs = int(workspace.config.values["remote.jobs"] or 1)
    remote = open_elsewhere(workspace.config, name)
    try:
        found = compare([one.content for one in wanted], workspace.store, remote.store, jobs)
        read_ones = check(remote.store.ids() if read else (), remote.store, jobs)
        if repair and (found.incomplete or read_ones.corrupt):
            mended, refused = _mend(workspace, remote, found.incomplete, read_ones.corrupt, jobs)
            found = compare([one.content for one in wanted], workspace.store, remote.store, jobs)
    except storage_errors() as error:
        blind = StorageError(str(error))
        blind.exit_code = BLIND
        raise blind from error
    finally:
        remote.store.close()
    lacking = [one for one in wanted if one.content in found.incomplete]
    corrupt = [oid for oid in read_ones.corrupt if oid not in mended]
    damaged = bool(lacking or corrupt)
    code = DAMAGED if damaged else BLIND if read_ones.failed else 0
    if json:
        out.json(
            {
                "remote": remote.name,
                "address": remote.address,
                "damaged": damaged,
                "checked": {"paths": len(wanted), "objects": read_ones.objects, "bytes": read_ones.bytes},
                "incomplete": [{"path": one.path, "stage": one.stage} for one in lacking],
                "corrupt": corrupt,
                "mended": sorted(mended),
                "refused": [{"object": oid, "problem": reason} for oid, reason in sorted(refused.items())],
                "unread": [{"object": one.id, "problem": str(one.error)} for one in read_ones.failed],
            }
        )
        return code
    lost = _HINT_REFUSED if refused else _HINT_LOST
    for one in lacking:
        err.line(f"✗ {printable(one.path)} is not in {remote.name}, or not all of it")
        err.line(f"    Hint: {lost if repair else _HINT_LACKING}")
    for oid in corrupt:
        err.line(f"✗ object {oid} in {remote.name} is damaged")
        err.line(f"    Hint: {lost if repair else _HINT_CORRUPT.format(place=_place(oid))}")
    for oid, reason in sorted(refused.items()):
        err.line(f"✗ object {oid[:12]} could not be sent: {printable(reason)}")
    for failure in read_ones.failed:
        err.line(f"✗ object {failure.id[:12]} could not be read: {failure.error}")
    if not session.quiet:
        read_words = f", read {plural(read_ones.objects, 'object')} ({amount(read_ones.bytes)})" if read else ""
        well = "all is well again" if mended else "all is well"
        verdict = "damaged" if damaged else "not all could be read" if code else well
        out.line(f"{remote.name}: {remote.address}")
        if mended:
            out.line(f"Sent {plural(len(mended), 'object')} once more, from the cache")
        out.line(f"Checked {plural(len(wanted), 'path')}{read_words}: {verdict}")
        if not read:
            out.line(out.paint("The bytes of objects were not read; with --read-data they are", "dim"))
    return code


def _mend(
    workspace: Workspace, remote: Elsewhere, lacking: Sequence[Content], corrupt: Sequence[ObjectId], jobs: int
) -> tuple[set[ObjectId], dict[ObjectId, str]]:
    """Send what is lacking, and what is damaged there in place of that; return what was sent, and what the remote did
    not take and why. Only what the cache has good bytes of is touched."""
    cache = workspace.store
    good = {_place(oid): oid for oid in corrupt if cache.has(oid) and cache.verify(oid)}
    kept = remote.store.files.remove(good)
    again = [Content(FILE, oid, cache.size(oid)) for place, oid in good.items() if place not in kept]
    report = move([*again, *lacking], cache, remote.store, jobs, lambda _: None)
    refused = {failure.id: str(failure.error) for failure in report.failed}
    return set(report.moved), refused | {good[place]: reason for place, reason in kept.items()}


def _place(oid: ObjectId) -> str:
    return f"objects/{oid[:2]}/{oid[2:]}"
