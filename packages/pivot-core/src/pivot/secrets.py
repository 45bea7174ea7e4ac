"""Strings with the shape of a key or a password, found in files without ever showing one.

Only the shapes that are unmistakable: what looks like any long word would be found everywhere.
"""

import os
import re
from collections.abc import Iterator

from pivot_fingerprint.named import NamedTuple

_PIECE = 1 << 20
_OVERLAP = 4096  # longer than any of the shapes
_SHAPES = {
    "an AWS access key": rb"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "an AWS secret key": rb"(?i:aws_?secret_?(?:access_?)?key)[\"']?\s*[=:]\s*[\"']?[0-9A-Za-z/+]{40}",
    "a private key": rb"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----",
    "a GitHub token": rb"\b(?:gh[pousr]_[0-9A-Za-z]{36}|github_pat_[0-9A-Za-z_]{40,})",
    "a GitLab token": rb"\bglpat-[0-9A-Za-z_-]{20}",
    "a Slack token": rb"\bxox[abprs]-[0-9A-Za-z-]{10,}",
    "a Google key": rb"\bAIza[0-9A-Za-z_-]{35}",
    "a password in an address": rb"\b[a-z][a-z0-9+.-]+://[^/\s:@\"'<>{}$]{1,64}:[^/\s:@\"'<>{}$]{3,64}@[\w.-]+",
}
_find = re.compile(b"|".join(b"(%s)" % shape for shape in _SHAPES.values())).finditer
_NAMES = tuple(_SHAPES)


class Secret(NamedTuple):
    """A file in which something has the shape of a secret, and what it looks like."""

    path: str
    what: str


def find_secrets(top: str, *, without: tuple[str, ...] = ()) -> Iterator[Secret]:
    """Yield what the plain files below a directory have, each kind once a file; ``without`` are directories left out.

    What cannot be read is left out, too.
    """
    for directory, below, files in os.walk(top):
        below[:] = sorted(name for name in below if os.path.join(directory, name) not in without)
        for name in sorted(files):
            path = os.path.join(directory, name)
            if not os.path.islink(path) and os.path.isfile(path):
                yield from (Secret(path, what) for what in sorted(_kinds_in(path)))


def _kinds_in(path: str) -> set[str]:
    found: set[str] = set()
    try:
        with open(path, "rb") as file:
            rest = b""
            while piece := file.read(_PIECE):
                data = rest + piece
                found |= {_NAMES[match.lastindex - 1] for match in _find(data) if match.lastindex}
                rest = data[-_OVERLAP:]
    except OSError:
        return set()
    return found
