"""Where the packages are joined: which executor runs stages, which workspace a command works on, what a remote is.

The only module that knows a concrete executor, and the only one that may import remote stores. Remote stores are
imported where one is used, which most commands do not.
"""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pivot.project import discover
from pivot.workspace import Workspace
from pivot_cli.session import Session

if TYPE_CHECKING:
    from pivot.execute.executor import Executor
    from pivot.manifest import Manifest
    from pivot.repro import MakeExecutor
    from pivot_remote import Remote


def open_workspace(session: Session, *, make: bool = False) -> Workspace:
    """Return the workspace that the session stands in; ``make`` makes ``.pivot/`` where there is none.

    Raises NoPipeline, ConfigError, StorageError.
    """
    return Workspace(discover(session.start), make=make)


def base_of(session: Session, workspace: Workspace) -> str:
    """Return where relative paths of the command line begin, relative to the project root."""
    return workspace.project.relative(session.start.resolve())


def executors(workspace: Workspace) -> "MakeExecutor":
    """Return what makes an executor once a run needs one."""

    def make(manifest: "Manifest", jobs: int) -> "Executor":
        from pivot.execute.local import LocalExecutor  # lazy: a run that has nothing to do needs no processes

        stop_on_terminate()
        return LocalExecutor(
            pipeline=str(workspace.project.pipeline),
            root=str(workspace.project.root),
            preload=manifest.packages,
            jobs=jobs,
            start_method=str(workspace.config.values["core.start_method"]),
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


def remote_errors() -> tuple[type[Exception], ...]:
    """Return the errors of remotes, if anything of theirs was imported: what else could raise one?"""
    errors = sys.modules.get("pivot_remote.errors")
    return () if errors is None else (errors.RemoteError,)


def stop_on_terminate() -> None:
    """Treat SIGTERM as a first Ctrl-C: stop starting stages, end the running ones, leave nothing behind."""
    import signal

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
