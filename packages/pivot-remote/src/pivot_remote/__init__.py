"""The bytes of a cache, elsewhere: push and pull.

The words: a **remote** is a place that holds objects for several people and machines; its **location** is a directory,
or a prefix in a bucket. A **remote store** is a ``Store`` of ``pivot_cache`` that is far away, and so is asked in bulk.
To **transfer** is to make a target have what it lacks of some contents, each object verified while it passes; a
**push** is a transfer to a remote, a **pull** one from it. A **report** says what was **moved**, and what is
**missing**, **corrupt**, **failed** or **withheld** (a tree is, when something below it could not be moved).
"""

from pivot_remote.check import Checked, check
from pivot_remote.connection import Limits
from pivot_remote.difference import Difference, compare
from pivot_remote.directory import DirectoryStore
from pivot_remote.errors import (
    BucketMissing,
    ClockSkew,
    CredentialsMissing,
    CredentialsRefused,
    DirectoryClosed,
    DirectoryMissing,
    InvalidLocation,
    NoConnection,
    NotS3,
    PermissionMissing,
    RemoteError,
    RemoteTooNew,
    RemoteTrouble,
    RemoteUnusable,
    ServerFailed,
    TooLarge,
    WrongRegion,
)
from pivot_remote.files import Entry, RemoteFiles
from pivot_remote.location import DirectoryLocation, Remote, S3Location, parse_location
from pivot_remote.opening import open_remote
from pivot_remote.report import JOBS, Failure, Progress, Report
from pivot_remote.runs import Found, RunIndex
from pivot_remote.s3 import S3Store
from pivot_remote.store import RemoteStore, Resuming
from pivot_remote.transfer import transfer

__version__ = "0.1.0"

__all__ = [
    "JOBS",
    "BucketMissing",
    "Checked",
    "ClockSkew",
    "CredentialsMissing",
    "CredentialsRefused",
    "Difference",
    "DirectoryClosed",
    "DirectoryLocation",
    "DirectoryMissing",
    "DirectoryStore",
    "Entry",
    "Failure",
    "Found",
    "InvalidLocation",
    "Limits",
    "NoConnection",
    "NotS3",
    "PermissionMissing",
    "Progress",
    "Remote",
    "RemoteError",
    "RemoteFiles",
    "RemoteStore",
    "RemoteTooNew",
    "RemoteTrouble",
    "RemoteUnusable",
    "Report",
    "Resuming",
    "RunIndex",
    "S3Location",
    "S3Store",
    "ServerFailed",
    "TooLarge",
    "WrongRegion",
    "check",
    "compare",
    "open_remote",
    "parse_location",
    "transfer",
]
