"""What an answer rests on besides the contents of files, and whether that is as it was: one fact each.

Asked for the manifest (``load``) and for the whole answer that nothing is to do (``standing``). On the hot path.
"""

import os
import sys

from pivot.project import Project
from pivot_cache import hash_bytes
from pivot_fingerprint.access import listing_digest
from pivot_fingerprint.environment import variable_digest
from pivot_fingerprint.named import NamedTuple

_INSTALLED = (".dist-info", ".egg-info", ".egg-link", ".pth")


class Ground(NamedTuple):
    """Something that an answer was made from; while each still has its digest, the answer stands.

    ``kind`` is ``source`` or ``file`` (a path), ``listing`` (a directory's names), ``directory`` (a path where one is),
    ``absent`` (a path that was looked for), ``env`` (a variable), ``python`` (the interpreter, its version and its
    installed distributions) or ``unseen`` (what could not be observed, in words: such an answer never stands).
    """

    kind: str
    name: str  # a path relative to the root where it lies below it, else absolute
    digest: str | None


def holds(ground: Ground, root: str) -> bool:
    """Return whether a fact is as it was; not for files, which a scan is asked for, nor for ``python``."""
    kind, name, digest = ground
    match kind:
        case "absent":
            return not os.path.lexists(os.path.join(root, name))
        case "listing":
            return listing_digest(os.path.join(root, name)) == digest
        case "directory":
            return os.path.isdir(os.path.join(root, name)) == (digest is not None)
        case "env":
            return variable_digest(name, os.environ) == digest
        case _:
            return False  # "unseen": nobody knows what it was made from


def python_ground(project: Project) -> Ground:
    """Return the interpreter as a fact: its version, its place, what is installed, and where the project is.

    The directories that come and go on ``sys.path`` with the way in which Python was started are left out.
    """
    own = {"", str(project.root), str(project.pipeline.parent), os.getcwd()}
    installed = [sorted(_installed(entry)) for entry in sys.path if entry not in own]
    facts = [
        sys.version,
        sys.prefix,
        str(project.root),
        os.environ.get("PYTHONPATH"),
        [one for one in installed if one],
    ]
    return Ground("python", sys.version.partition(" ")[0], hash_bytes(repr(facts).encode()))


def _installed(entry: str) -> list[str]:
    try:
        return [name for name in os.listdir(entry) if name.endswith(_INSTALLED)]
    except OSError:
        return []
