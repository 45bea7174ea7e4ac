"""The one call that begins an observation; the rest is loaded when it is made.

It stands alone so that ``from pivot_fingerprint import observe`` costs nothing where nothing is observed. A process
that forks others for observed work should import ``pivot_fingerprint.observation`` first.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pivot_fingerprint.observation import Observation


def observe(roots: Sequence[str], *, functions: bool = True, key: bytes | None = None) -> "Observation":
    """A context manager that records what this process does meanwhile; its ``observed`` holds the result afterwards.

    ``roots`` are the directories of the project: files and listings below them are recorded, those around them that
    code of the project names, and code as ``is_project`` says. Without ``functions`` nothing is asked of
    ``sys.monitoring``. ``key`` keys the digests of variables, see ``variable_digest``. Observations may be nested and
    follow one another. The work of forked children is seen as well, on Linux, and that of Python programs that are
    started; of others only the files that their arguments name.
    """
    from pivot_fingerprint.observation import Observation  # the lazy boundary that this module is for

    return Observation(roots, functions=functions, key=key)
