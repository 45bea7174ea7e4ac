"""``pivot gc --remote``: what a remote keeps and nothing needs any more is shown, and removed on request.

What is needed is said by ``pivot.collect_afar``.
"""

from pivot.collect_afar import Afar, collect_afar
from pivot.workspace import Workspace
from pivot_cache.content import ObjectId
from pivot_cli.commands.gc import gc_data, show
from pivot_cli.quantities import plural
from pivot_cli.session import Session
from pivot_cli.wiring import open_elsewhere, peek_object

LEFT = 1
_LISTING_LIMIT = 1 << 30  # bytes; as the cache reads listings


def collect_remote(session: Session, workspace: Workspace, name: str | None, *, act: bool, json: bool) -> int:
    """Show what a remote keeps and nothing needs, and with ``act`` remove it; return the exit code."""
    out, err = session.terminal
    remote = open_elsewhere(workspace.config, name)
    if not (json or session.quiet):
        out.line(f"{remote.name}: {remote.address}")
    files = remote.store.files
    try:
        remote.store.has(ObjectId("0" * 64))  # that it is there, and of a format that we know
        found = collect_afar(
            workspace,
            Afar(files.entries, files.read, lambda oid, head: peek_object(remote, oid, head, _LISTING_LIMIT)),
        )
        refused = files.remove(found.files) if act else {}
    finally:
        remote.store.close()
    plan = found.plan._replace(done=act)
    if json:
        out.json({"remote": remote.name, "address": remote.address, **gc_data(plan), "refused": refused})
    elif not session.quiet:
        show(session, plan, f"pivot gc --remote {remote.name} --yes")
    if refused:
        first = next(iter(refused.items()))
        err.line(f"{plural(len(refused), 'file')} could not be removed: {first[0]} ({first[1]})")
    return LEFT if refused else 0
