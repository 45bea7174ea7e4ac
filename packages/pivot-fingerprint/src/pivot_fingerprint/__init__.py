"""What does this Python function's behaviour depend on?"""

from typing import TYPE_CHECKING

from pivot_fingerprint.analysis import Analysis
from pivot_fingerprint.compare import compare, record
from pivot_fingerprint.memo import Memo
from pivot_fingerprint.observe import observe
from pivot_fingerprint.parts import SCHEME, Change, Entry, Fingerprint, ImportRead, Observed, Opaque, Part

if TYPE_CHECKING:
    from pivot_fingerprint.access import file_digest, listing_digest
    from pivot_fingerprint.environment import variable_digest
    from pivot_fingerprint.importing import Loaded, Source, install, is_project
    from pivot_fingerprint.live import Live, capture, live_parts

__version__ = "0.1.0"

__all__ = [
    "SCHEME",
    "Analysis",
    "Change",
    "Entry",
    "Fingerprint",
    "ImportRead",
    "Live",
    "Loaded",
    "Memo",
    "Observed",
    "Opaque",
    "Part",
    "Source",
    "capture",
    "compare",
    "file_digest",
    "install",
    "is_project",
    "listing_digest",
    "live_parts",
    "observe",
    "record",
    "variable_digest",
]

# Names that are loaded on first use: a decision that nothing changed needs none of them.
_MODULES = {
    "Live": "live",
    "Loaded": "importing",
    "Source": "importing",
    "capture": "live",
    "file_digest": "access",
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
