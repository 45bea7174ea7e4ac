"""How to run: the options of ``repro`` and of all that plan as it does. Plain values; what they mean is told there."""

from collections.abc import Mapping

from pivot_cache import Content
from pivot_fingerprint.named import NamedTuple


class Options(NamedTuple):
    """``alone`` leaves out what the targets depend on; ``jobs`` None means as configured.

    Targets that are paths begin at ``base``, the directory of whoever names them, relative to the project root. With
    ``no_commit`` results stay in the work tree, and what they were made from becomes a pending record. A stage waits at
    most ``lock_timeout`` seconds for another process that is at work on it. ``presumed``: see ``absence``.
    """

    targets: tuple[str, ...] = ()
    alone: bool = False
    force: bool = False
    keep_going: bool = False
    jobs: int | None = None
    reload: bool = False
    base: str = "."
    no_commit: bool = False
    lock_timeout: float | None = None
    presumed: Mapping[str, Content] = {}
