"""What does this Python function's behaviour depend on?

Words of this package:

    part          one thing that behaviour depends on, with a digest of its own: a function, a class, a method, a
                  constant, what a module does when it is imported, a file, a variable of the environment, or a value
                  that is bound to a live object
    fingerprint   all parts that a function reaches, and the versions of the installed distributions that it reaches
    entry         a definition, by name, at which following names begins
    closure       all that is reached from entries by following names through the sources, without importing them
    opaque        something in the source that could not be followed, with its place
    record        the keys and digests of a fingerprint, kept from one run to the next; ``compare`` tells what changed
    observation   what a run did beyond what its source could tell
    memo          a memory that a caller lends, so that a question that was asked before costs little
"""

from typing import TYPE_CHECKING

from pivot_fingerprint.compare import compare, record, text_of
from pivot_fingerprint.memo import Memo
from pivot_fingerprint.observe import observe
from pivot_fingerprint.parts import SCHEME, Change, Entry, Fingerprint, ImportRead, Observed, Opaque, Part

if TYPE_CHECKING:
    from pivot_fingerprint.access import file_digest, listing_digest
    from pivot_fingerprint.analysis import Analysis
    from pivot_fingerprint.environment import variable_digest
    from pivot_fingerprint.errors import FingerprintError, InvalidTarget, UnknownModule, UnknownName
    from pivot_fingerprint.importing import Loaded, Source, install, is_project
    from pivot_fingerprint.live import Live, capture, live_parts
    from pivot_fingerprint.targets import fingerprint

__version__ = "0.1.0"

__all__ = [
    "SCHEME",
    "Analysis",
    "Change",
    "Entry",
    "Fingerprint",
    "FingerprintError",
    "ImportRead",
    "InvalidTarget",
    "Live",
    "Loaded",
    "Memo",
    "Observed",
    "Opaque",
    "Part",
    "Source",
    "UnknownModule",
    "UnknownName",
    "capture",
    "compare",
    "file_digest",
    "fingerprint",
    "install",
    "is_project",
    "listing_digest",
    "live_parts",
    "observe",
    "record",
    "text_of",
    "variable_digest",
]

# Names that are loaded on first use: a decision that nothing changed needs one of them, a process of stages none.
_MODULES = {
    "Analysis": "analysis",
    "FingerprintError": "errors",
    "InvalidTarget": "errors",
    "Live": "live",
    "Loaded": "importing",
    "Source": "importing",
    "UnknownModule": "errors",
    "UnknownName": "errors",
    "capture": "live",
    "file_digest": "access",
    "fingerprint": "targets",
    "install": "importing",
    "is_project": "importing",
    "listing_digest": "access",
    "live_parts": "live",
    "variable_digest": "environment",
}


def __getattr__(name: str) -> object:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # the lazy boundary

    value = globals()[name] = getattr(import_module(f"{__name__}.{module}"), name)
    return value
