"""What can go wrong with bytes elsewhere, as one tree.

    RemoteError
    ├── InvalidLocation            a text that names no remote
    ├── TooLarge                   an object beyond what a remote can keep, or what fits in memory
    ├── RemoteUnusable             nothing can be moved before somebody changes something
    │   ├── DirectoryMissing       the place of a directory remote is not there: not mounted?
    │   ├── DirectoryClosed        the directory of a remote may not be written to
    │   ├── BucketMissing          the server has no such bucket
    │   ├── CredentialsMissing     none were found, or not all of them
    │   ├── CredentialsRefused     the server does not know them, or no longer
    │   ├── PermissionMissing      the server knows them, but they may not do this
    │   ├── WrongRegion            the bucket is in another region
    │   ├── ClockSkew              this machine's clock is too far from the server's
    │   ├── NotS3                  what answers at the endpoint does not speak S3
    │   └── RemoteTooNew           the remote was made by a newer version
    └── RemoteTrouble              may be gone at the next try
        ├── NoConnection           the server cannot be reached, or went silent
        └── ServerFailed           the server answers that it failed

What is wrong with one object (``ObjectMissing``, ``ObjectCorrupt``, ``InvalidName``) is told by the errors of
``pivot_cache``, as its ``Store`` asks. Every error carries its fields and survives pickling; its text says what is
wrong, where, and what to do next, and has neither headers nor signed addresses nor credentials in it.
"""

from typing import ClassVar


def printable(text: str) -> str:
    """Return a text on one line: control characters are escaped, anything else stays as it is."""
    return text if text.isprintable() else ascii(text)


class RemoteError(Exception):
    """Anything that this package raises on purpose. The constructor's arguments are the fields of its ``message``."""

    message: ClassVar[str] = ""

    def __str__(self) -> str:
        return self.describe()

    def describe(self) -> str:
        """Return the message: what is wrong, where, what to do next."""
        fields = {name: printable(str(field)) for name, field in vars(self).items()}
        return self.message.format_map(fields) or " ".join(printable(str(argument)) for argument in self.args)


class InvalidLocation(RemoteError, ValueError):
    """The text names no remote. ``text`` is what may be shown of it, ``reason`` says what is wrong with it."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(text, reason)
        self.text = text
        self.reason = reason

    def describe(self) -> str:
        return f"{printable(self.text) or 'an empty text'} is no remote: {self.reason}"


class RemoteUnusable(RemoteError):
    """Nothing can be moved to or from ``remote`` (its address) before somebody changes something."""

    def __init__(self, remote: str, *fields: str) -> None:
        super().__init__(remote, *fields)
        self.remote = remote


class DirectoryMissing(RemoteUnusable):
    """The directory of the remote is not there, nor can it be made. ``path`` is what was looked for."""

    message = "{remote}: there is no directory {path}: {reason}"

    def __init__(self, remote: str, path: str, reason: str = "mount the disk, or make it") -> None:
        super().__init__(remote, path, reason)
        self.path = path
        self.reason = reason


class DirectoryClosed(RemoteUnusable):
    """Nothing may be kept in the directory of the remote. ``reason`` is what the system says, and where."""

    message = "{remote}: {reason}"

    def __init__(self, remote: str, reason: str) -> None:
        super().__init__(remote, reason)
        self.reason = reason


class BucketMissing(RemoteUnusable):
    """The server has no bucket of this name."""

    message = "{remote}: there is no bucket {bucket}: check its name and the endpoint, or create it"

    def __init__(self, remote: str, bucket: str) -> None:
        super().__init__(remote, bucket)
        self.bucket = bucket


class CredentialsMissing(RemoteUnusable):
    """No credentials were found, or not all of them. ``reason`` says what was looked for."""

    message = (
        "{remote}: {reason}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or run `aws configure`"
    )

    def __init__(self, remote: str, reason: str) -> None:
        super().__init__(remote, reason)
        self.reason = reason


class CredentialsRefused(RemoteUnusable):
    """The server does not accept the credentials. ``code`` is its word for why."""

    message = (
        "{remote}: the server does not accept these credentials ({code}): check which ones are used "
        "(AWS_PROFILE, AWS_ACCESS_KEY_ID), and log in again if they expire"
    )

    def __init__(self, remote: str, code: str) -> None:
        super().__init__(remote, code)
        self.code = code


class PermissionMissing(RemoteUnusable):
    """The credentials are good, but may not do this. ``action`` is the permission that is needed."""

    message = "{remote}: access denied: these credentials need the permission {action} here"

    def __init__(self, remote: str, action: str) -> None:
        super().__init__(remote, action)
        self.action = action


class WrongRegion(RemoteUnusable):
    """The bucket is in another region. ``region`` is the right one, empty if the server does not tell."""

    def __init__(self, remote: str, region: str) -> None:
        super().__init__(remote, region)
        self.region = region

    def describe(self) -> str:
        where = f"the region {printable(self.region)}" if self.region else "another region than was asked"
        return f"{printable(self.remote)}: the bucket is in {where}: set the remote's region to where the bucket is"


class ClockSkew(RemoteUnusable):
    """This machine's clock is too far from the server's, which therefore accepts no signature."""

    message = "{remote}: this machine's clock is too far from the server's: set it, then try again"


class NotS3(RemoteUnusable):
    """What answers at ``endpoint`` does not speak S3. ``detail`` says what it did."""

    message = "{remote}: {endpoint} does not answer as S3 does ({detail}): check the endpoint's host, port and scheme"

    def __init__(self, remote: str, endpoint: str, detail: str) -> None:
        super().__init__(remote, endpoint, detail)
        self.endpoint = endpoint
        self.detail = detail


class RemoteTooNew(RemoteUnusable):
    """The remote has format ``found``, and this version knows ``known``."""

    message = (
        "{remote} has format {found}, and this version knows {known}: install a pivot-remote that knows "
        "format {found}, or use another remote"
    )

    def __init__(self, remote: str, found: str, known: str) -> None:
        super().__init__(remote, found, known)
        self.found = found
        self.known = known


class RemoteTrouble(RemoteError):
    """Something failed at ``remote`` that may be gone at the next try."""

    def __init__(self, remote: str, *fields: str) -> None:
        super().__init__(remote, *fields)
        self.remote = remote


class NoConnection(RemoteTrouble):
    """The server at ``endpoint`` cannot be reached, or went silent. ``detail`` says which."""

    message = (
        "{remote}: no connection to {endpoint} ({detail}): check the network and the endpoint, then try "
        "again; what was moved stays"
    )

    def __init__(self, remote: str, endpoint: str, detail: str) -> None:
        super().__init__(remote, endpoint, detail)
        self.endpoint = endpoint
        self.detail = detail


class ServerFailed(RemoteTrouble):
    """The server answers that it failed at ``action``. ``code`` is its word for why."""

    message = "{remote}: the server failed at {action} ({code}): try again; what was moved stays"

    def __init__(self, remote: str, action: str, code: str) -> None:
        super().__init__(remote, action, code)
        self.action = action
        self.code = code


class TooLarge(RemoteError):
    """The object is larger than ``limit`` bytes, the most that can be kept, or read into memory."""

    message = "{remote}: object {id} has more than {limit} bytes: keep it in pieces"

    def __init__(self, remote: str, oid: str, limit: int) -> None:
        super().__init__(remote, oid, limit)
        self.remote = remote
        self.id = oid
        self.limit = limit
