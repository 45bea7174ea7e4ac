"""``pivot fsck --remote``: what the records name and a remote lacks, and what it has under wrong names.

Nothing is changed there or here.

    {"remote", "address", "damaged", "checked": {"paths", "objects", "bytes"}, "incomplete": [{"path", "stage"}],
     "corrupt": ["…"], "unread": [{"object", "problem"}]}
"""

from pivot.errors import StorageError
from pivot.records import find_records
from pivot.wanted import find_wanted
from pivot.workspace import Workspace
from pivot_cache.errors import printable
from pivot_cli.quantities import amount, plural
from pivot_cli.session import Session
from pivot_cli.wiring import check, compare, open_elsewhere, remote_errors

DAMAGED, BLIND = 1, 2


def check_remote(session: Session, workspace: Workspace, name: str | None, *, read: bool, json: bool) -> int:
    """Look for what is wrong at a remote, with ``read`` at every byte of its objects; return the exit code."""
    out, err = session.terminal
    wanted = find_wanted(find_records(workspace.project.root), ())
    jobs = int(workspace.config.values["remote.jobs"] or 1)
    remote = open_elsewhere(workspace.config, name)
    try:
        found = compare([one.content for one in wanted], workspace.store, remote.store, jobs)
        read_ones = check(remote.store.ids() if read else (), remote.store, jobs)
    except remote_errors() as error:
        blind = StorageError(str(error))
        blind.exit_code = BLIND
        raise blind from error
    finally:
        remote.store.close()
    lacking = [one for one in wanted if one.content in found.incomplete]
    damaged = bool(lacking or read_ones.corrupt)
    code = DAMAGED if damaged else BLIND if read_ones.failed else 0
    if json:
        out.json(
            {
                "remote": remote.name,
                "address": remote.address,
                "damaged": damaged,
                "checked": {"paths": len(wanted), "objects": read_ones.objects, "bytes": read_ones.bytes},
                "incomplete": [{"path": one.path, "stage": one.stage} for one in lacking],
                "corrupt": list(read_ones.corrupt),
                "unread": [{"object": one.id, "problem": str(one.error)} for one in read_ones.failed],
            }
        )
        return code
    for one in lacking:
        err.line(f"✗ {printable(one.path)} is not in {remote.name}, or not all of it")
        err.line("    Hint: pivot push sends what the cache has")
    for oid in read_ones.corrupt:
        err.line(f"✗ object {oid} in {remote.name} is damaged")
        err.line(f"    Hint: delete objects/{oid[:2]}/{oid[2:]} there; pivot push sends it again")
    for failure in read_ones.failed:
        err.line(f"✗ object {failure.id[:12]} could not be read: {failure.error}")
    if not session.quiet:
        read_words = f", read {plural(read_ones.objects, 'object')} ({amount(read_ones.bytes)})" if read else ""
        verdict = "damaged" if damaged else "not all could be read" if code else "all is well"
        out.line(f"{remote.name}: {remote.address}")
        out.line(f"Checked {plural(len(wanted), 'path')}{read_words}: {verdict}")
        if not read:
            out.line(out.paint("The bytes of objects were not read; with --read-data they are", "dim"))
    return code
