"""Where the packages are joined: which executor runs stages, which workspace a command works on, what a remote is.

The only module that knows a concrete executor, and the only one that may import remote stores. Remote stores are
imported where one is used, which most commands do not.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from pivot.config import Config
from pivot.errors import UsageError
from pivot.project import discover
from pivot.suggest import did_you_mean
from pivot.workspace import Workspace
from pivot_cache.content import ObjectId
from pivot_cache.errors import CacheError, ObjectMissing
from pivot_cli.session import Session
from pivot_fingerprint.named import NamedTuple

if TYPE_CHECKING:
    from pivot.execute.executor import Executor
    from pivot.execute.warm import Warm
    from pivot.run import MakeExecutor
    from pivot_cache import Content, Store
    from pivot_remote import Checked, Remote, RemoteStore, RunIndex
    from pivot_remote import Difference as Difference
    from pivot_remote import Progress as Progress
    from pivot_remote import Report as Report

type OnProgress = Callable[[Progress], None]


class Elsewhere(NamedTuple):
    """A remote that is open: its name in the settings, where it is, and its store."""

    name: str
    address: str
    store: "RemoteStore"


def open_workspace(session: Session, *, make: bool = False) -> Workspace:
    """Return the workspace that the session stands in; ``make`` makes ``.pivot/`` where there is none.

    Raises NoPipeline, ConfigError, StorageError.
    """
    return Workspace(discover(session.start), make=make)


def base_of(session: Session, workspace: Workspace) -> str:
    """Return where relative paths of the command line begin, relative to the project root."""
    return workspace.project.relative(session.start.resolve())


def open_warm(workspace: Workspace) -> "Warm":
    """Return what keeps processes ready for the runs of a watch."""
    from pivot.execute.warm import Warm  # lazy: for a watch alone

    project = workspace.project
    return Warm(str(project.root), str(project.pipeline), str(workspace.config.values["core.start_method"]))


def executors(workspace: Workspace) -> "MakeExecutor":
    """Return what makes an executor once a run needs one; its process starts at once."""

    def make(jobs: int) -> "Executor":
        from pivot.execute.fresh_host import FreshHost  # lazy: a run that has nothing to do needs no processes
        from pivot.execute.interpreter import ANEW

        starter, fresh = workspace.starter or ANEW, None
        with suppress(OSError):  # the executor tries again when it needs one, and says why there is none
            fresh = FreshHost(starter)
        from pivot.execute.local import LocalExecutor  # while that process starts

        return LocalExecutor(
            pipeline=str(workspace.project.pipeline),
            root=str(workspace.project.root),
            jobs=jobs,
            start_method=str(workspace.config.values["core.start_method"]),
            starter=starter,
            fresh=fresh,
        )

    return make


def check_remote(fields: Mapping[str, str]) -> None:
    """Raise RemoteError if what settings say of a remote is wrong. Nothing is asked over a network."""
    _remote(fields).location()


def describe_remote(fields: Mapping[str, str]) -> str:
    """Return bucket, prefix, endpoint and region, or the directory, on one line. Raises RemoteError."""
    return _remote(fields).describe()


def _remote(fields: Mapping[str, str]) -> "Remote":
    from pivot_remote import Remote

    return Remote(
        fields.get("url", ""),
        endpoint_url=fields.get("endpoint_url"),
        region=fields.get("region"),
        profile=fields.get("profile"),
    )


def open_elsewhere(config: Config, name: str | None) -> Elsewhere:
    """Open the remote of this name, or the one for when none is named. Nothing is asked over a network yet.

    Raises UsageError if there is none, RemoteError if what is said of it is wrong.
    """
    from pivot_remote import Limits, open_remote

    name = chosen_remote(config, name)
    remote = _remote(config.remotes[name])
    limits = Limits(
        connect=float(config.values["remote.connect_timeout"] or 0),
        idle=float(config.values["remote.idle_timeout"] or 0),
        tries=int(config.values["remote.retries"] or 0) + 1,
    )
    return Elsewhere(name, remote.describe(), open_remote(remote, limits=limits))


def open_runs(remote: Elsewhere, config: Config) -> "RunIndex":
    """Return the records of runs at a remote; without a key to sign with, nothing there is believed."""
    from pivot_remote import RunIndex

    key = config.values["remote.signing_key"]
    return RunIndex(remote.store.files, None if key is None else str(key), int(config.values["remote.jobs"] or 1))


def peek_object(remote: Elsewhere, oid: ObjectId, head: bytes, limit: int) -> bytes | None:
    """Return what a remote has under a name, not verified, if it begins with ``head`` and has no more than ``limit``
    bytes; None otherwise. Raises RemoteError."""
    try:
        with remote.store.open(oid) as stream:
            data = stream.read(len(head))
            if data != head:
                return None
            data += stream.read(limit - len(head))
            return data
    except ObjectMissing:
        return None


def reach_remotes(config: Config) -> Iterator[tuple[str, str, str | None]]:
    """Ask every remote of the settings one question; yield its name, where it is, and what is wrong with it, if so."""
    for name in config.remotes:
        from pivot_remote import RemoteError

        try:
            elsewhere = open_elsewhere(config, name)
            try:
                elsewhere.store.has(ObjectId("0" * 64))
            finally:
                elsewhere.store.close()
            yield name, elsewhere.address, None
        except (RemoteError, CacheError) as error:
            yield name, "", str(error)


def chosen_remote(config: Config, name: str | None) -> str:
    """Return the name, or that of the remote for when none is named. Raises UsageError if there is no such remote."""
    chosen = name or config.remote
    if chosen in config.remotes:
        return chosen
    names = ", ".join(config.remotes)
    if chosen is not None:
        hint = did_you_mean(chosen, config.remotes) if names else "add one with: pivot remote add NAME URL"
        raise UsageError(f"there is no remote {chosen!r}", hint=hint)
    if names:
        hint = f"choose one with: pivot remote default NAME (there are {names}); a transfer also takes -r NAME"
        raise UsageError("there are several remotes, and none is the default", hint=hint)
    raise UsageError("there is no remote yet", hint="add one with: pivot remote add NAME s3://bucket/prefix")


def move(
    contents: "Iterable[Content]", source: "Store", target: "Store", jobs: int, on_progress: OnProgress
) -> "Report":
    """Make the target have all objects of the contents. Raises RemoteError and CacheError for what ends it all."""
    from pivot_remote import transfer

    return transfer(contents, source, target, jobs, on_progress)


def compare(contents: "Iterable[Content]", source: "Store", target: "Store", jobs: int) -> "Difference":
    """Say what the target lacks of the contents. Raises RemoteError."""
    from pivot_remote import compare

    return compare(contents, source, target, jobs)


def check(ids: Iterable[ObjectId], store: "Store", jobs: int) -> "Checked":
    """Read objects and compare them with their names. Raises RemoteError for what is wrong with all of them."""
    from pivot_remote import check

    return check(ids, store, jobs)


def remote_errors() -> tuple[type[Exception], ...]:
    """Return the errors of remotes, if anything of theirs was imported: what else could raise one?"""
    errors = sys.modules.get("pivot_remote.errors")
    return () if errors is None else (errors.RemoteError,)


def storage_errors() -> tuple[type[Exception], ...]:
    """Return the errors of remotes, and of directories that are one."""
    return (CacheError, *remote_errors())


def stop_on_terminate() -> None:
    """Treat SIGTERM, and a terminal that is closed, as a first Ctrl-C: end what runs, leave nothing behind."""
    import signal

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup asks for
            signal.signal(number, interrupt)
