"""What does this Python function's behaviour depend on?

Words of this package:

- **part**: one thing that behaviour depends on (a function, a class, a method, a constant, a module's top level, a
file, a
  variable of the environment, a value bound to a live object), with a digest of its own;
- **fingerprint**: all parts that a function reaches, the versions of the installed distributions among them; -
**entry**: where a closure begins, a definition by name; - **closure**: what is reached from entries by following
names through the sources, without importing them; - **opaque**: something that could not be followed, with its place;
- **record**: the keys and digests of a fingerprint, kept from one run to the next; ``compare`` tells what changed
since; - **observation**: what a run did beyond what its source could tell; - **memo**: what a caller lends to make a
question cheap that was asked before.
"""

from typing import TYPE_CHECKING

from pivot_fingerprint.analysis import Analysis
from pivot_fingerprint.compare import compare, record, text_of
from pivot_fingerprint.memo import Memo
from pivot_fingerprint.observe import observe
from pivot_fingerprint.parts import SCHEME, Change, Entry, Fingerprint, ImportRead, Observed, Opaque, Part

if TYPE_CHECKING:
    from pivot_fingerprint.access import file_digest, listing_digest
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

# Names that are loaded on first use: a decision that nothing changed needs none of them.
_MODULES = {
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
