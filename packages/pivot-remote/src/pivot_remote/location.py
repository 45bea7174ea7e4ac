"""Where a remote is: `s3://bucket/prefix` or `file:///dir`, taken apart and held to the rules.

A location may come from a file that somebody else wrote, so what is not understood is refused, and what is refused is
shown without what could be a secret in it. What is there is asked by the stores (``s3``, ``directory``).
"""

import os
import re
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes, urlsplit

from pivot_remote.errors import InvalidLocation

_PREFIX_LIMIT: Final = 900
"""Bytes. A key of S3 has at most 1,024, and the names of objects need 73 of them."""
_is_bucket = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]").fullmatch
_has_scheme = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://").match
_EXPECTED: Final = "write s3://bucket/prefix or file:///directory"


class S3Location(NamedTuple):
    """A place in a bucket. ``prefix`` is empty or ends with a slash; every key begins with it."""

    bucket: str
    prefix: str

    @property
    def url(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")


class DirectoryLocation(NamedTuple):
    """A directory of this machine, or a mounted one. ``path`` is absolute."""

    path: str


type Location = S3Location | DirectoryLocation


class Remote(NamedTuple):
    """What settings say about a remote. Credentials are no part of it: they come from the environment or ``profile``.

    ``url`` is ``s3://bucket/prefix`` or ``file:///directory``. The others are for S3 only: ``endpoint_url`` is the
    address of a server other than Amazon's, ``region`` is the bucket's, ``profile`` names a section of the user's AWS
    files.
    """

    url: str
    endpoint_url: str | None = None
    region: str | None = None
    profile: str | None = None

    def location(self) -> Location:
        """Return where the remote is; raise ``InvalidLocation`` about the url or the endpoint."""
        location = parse_location(self.url)
        if self.endpoint_url is not None:
            check_endpoint(self.endpoint_url)
        return location

    def describe(self) -> str:
        """Return bucket, prefix, endpoint and region on one line, to be printed before anything is moved."""
        location = self.location()
        if isinstance(location, DirectoryLocation):
            return self.url
        endpoint = f" at {self.endpoint_url}" if self.endpoint_url else ""
        region = f" in {self.region}" if self.region else ""
        return f"{location.url}{endpoint}{region}"


def parse_location(url: str) -> Location:
    """Take a remote's url apart; raise ``InvalidLocation`` with the rule that it breaks."""
    if not url.isprintable():
        raise InvalidLocation(shown(url), "it has control characters")
    scheme, separator, rest = url.partition("://")
    match scheme.lower() if separator else None:
        case "s3":
            return _parse_bucket(url, rest)
        case "file":
            return _parse_directory(url, rest)
        case None if url.startswith(("/", "~", ".")):
            raise InvalidLocation(shown(url), "a directory is written as file:///directory, from the root on")
        case _:
            raise InvalidLocation(shown(url), _EXPECTED)


def _parse_bucket(url: str, rest: str) -> S3Location:
    if "?" in rest or "#" in rest:
        raise InvalidLocation(shown(url), f"it has a query; {_EXPECTED}, and nothing after it")
    if "@" in rest.partition("/")[0]:
        raise InvalidLocation(shown(url), "credentials do not belong here: set AWS_PROFILE or AWS_ACCESS_KEY_ID")
    bucket, _, path = rest.partition("/")
    if not bucket:
        raise InvalidLocation(shown(url), "it names no bucket; write s3://bucket/prefix")
    if not _is_bucket(bucket):
        raise InvalidLocation(
            shown(url), f"{bucket} is no name of a bucket (3 to 63 letters, digits, dots, hyphens, underscores)"
        )
    parts = path.rstrip("/").split("/") if path.rstrip("/") else []
    if any(part in ("", ".", "..") for part in parts):
        raise InvalidLocation(shown(url), "its prefix has an empty part, '.' or '..'")
    prefix = "".join(f"{part}/" for part in parts)
    if len(prefix.encode("utf-8", "surrogatepass")) > _PREFIX_LIMIT:
        raise InvalidLocation(shown(url)[:80] + "…", f"its prefix has more than {_PREFIX_LIMIT} bytes")
    return S3Location(bucket, prefix)


def _parse_directory(url: str, rest: str) -> DirectoryLocation:
    if "?" in rest or "#" in rest:
        raise InvalidLocation(shown(url), "'?' and '#' are written as %3F and %23 in the name of a directory")
    host, slash, path = rest.partition("/")
    if host not in ("", "localhost"):
        raise InvalidLocation(
            shown(url),
            "it names a host; the directory of this machine is written with three slashes: file:///directory",
        )
    decoded = os.fsdecode(unquote_to_bytes(slash + path))
    if "\0" in decoded:
        raise InvalidLocation(shown(url), "it has control characters")
    parts = [part for part in decoded.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise InvalidLocation(shown(url), "it has '..' in it")
    if not parts:
        raise InvalidLocation(shown(url), "it names no directory below the root")
    return DirectoryLocation("/" + "/".join(parts))


def check_endpoint(endpoint_url: str) -> None:
    """Raise ``InvalidLocation`` unless this is the plain address of a server: scheme, host, perhaps port and path."""
    try:
        parts = urlsplit(endpoint_url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    else:
        if parts.username is not None or parts.password is not None:
            raise InvalidLocation(shown(endpoint_url), "credentials do not belong here: set AWS_PROFILE")
    if not endpoint_url.isprintable() or " " in endpoint_url or not host or parts.scheme not in ("http", "https"):
        raise InvalidLocation(shown(endpoint_url), "an endpoint is written as https://host or http://host:port")
    if parts.query or parts.fragment or port == 0:
        raise InvalidLocation(shown(endpoint_url), "an endpoint has nothing but scheme, host, port and path")


def shown(url: str) -> str:
    """Return what may be shown of a url: no user, no password, no query, no control characters."""
    text = re.split(r"[?#]", url, maxsplit=1)[0]
    found = _has_scheme(text)
    if found:
        authority, slash, path = text[found.end() :].partition("/")
        text = found[0] + authority.rpartition("@")[2] + slash + path
    else:
        text = text.rpartition("@")[2]
    return text if text.isprintable() else ascii(text)[1:-1]
