"""The records of runs on their way: sent with what they made, and asked for by a run that pulls.

They are worth nothing without a signature, which is made with the setting ``remote.signing_key``. Who signs is in
``pivot_remote.runs``, what a record means in ``pivot.known_runs``.
"""

from collections.abc import Collection, Iterable, Mapping

from pivot.workspace import Workspace
from pivot_cache import Content, ObjectId
from pivot_cli.quantities import plural
from pivot_cli.wiring import Elsewhere, open_elsewhere, open_runs

KEY = "remote.signing_key"


def send_runs(workspace: Workspace, remote: Elsewhere, contents: Collection[Content]) -> int:
    """Send the records of the runs that made these contents, if they can be signed; return how many were lacking."""
    if not workspace.config.values[KEY]:
        return 0
    from pivot.known_runs import records_of  # lazy: without a key no record is sent, and none is read

    return open_runs(remote, workspace.config).send(records_of(workspace.runs, contents))


class KnownRuns:
    """What a remote knows of runs; ``warning`` is about what was found there and is worth nothing here."""

    def __init__(self, workspace: Workspace, remote: str | None) -> None:
        self._config = workspace.config
        self._remote = remote
        self.name = ""  # of the remote, once it was asked
        self._ignored = 0

    def find(self, keys: Iterable[ObjectId]) -> Mapping[ObjectId, tuple[bytes, ...]]:
        """Return the records of these runs that are signed with our key. Raises RemoteError."""
        remote = open_elsewhere(self._config, self._remote)
        self.name = remote.name
        try:
            found = open_runs(remote, self._config).find(keys)
        finally:
            remote.store.close()
        self._ignored += found.ignored
        return found.records

    @property
    def warning(self) -> str | None:
        """One line about the records that were ignored; None if there were none."""
        if not self._ignored:
            return None
        records = f"{plural(self._ignored, 'record')} of runs at {self.name}"
        if self._config.values[KEY]:
            return f"Ignored {records}: not signed with your {KEY}"
        return f"Ignored {records}: nothing says that they can be trusted, as {KEY} is not set"
