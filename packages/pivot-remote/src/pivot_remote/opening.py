"""From what settings say about a remote to a store that can be asked.

The only place that knows which kinds of remote there are.
"""

from pivot_remote.connection import Limits
from pivot_remote.directory import DirectoryStore
from pivot_remote.location import DirectoryLocation, Remote, S3Location
from pivot_remote.s3 import S3Store
from pivot_remote.store import RemoteStore


def open_remote(remote: Remote, *, limits: Limits | None = None) -> RemoteStore:
    """Return the store of a remote, to be closed after use; nothing is asked over a network yet.

    ``limits`` are for a server; a directory has none.

    Raises ``InvalidLocation``; for a directory also ``RemoteTooNew`` and ``DiskError``.
    """
    match remote.location():
        case DirectoryLocation():
            return DirectoryStore(remote)
        case S3Location():
            return S3Store(remote, limits=limits)
