"""The digests of the sample project, as JSON. Rewrites the golden file beside it, run as:

``./dev python packages/pivot-fingerprint/tests/golden/digests.py --write``
"""

import importlib
import json
import os
import sys
from pathlib import Path

from pivot_fingerprint import SCHEME, Analysis, Entry, Fingerprint, ImportRead, file_digest, fingerprint, record
from pivot_fingerprint.environment import variable_digest

HERE = Path(__file__).parent
GOLDEN = HERE / "golden.json"
FUNCTIONS = ("fit", "computed")
LIVE = ("bound",)


def digests(root: str) -> str:
    """Return the digests of all functions of a copy of the sample, which is read, and imported for the live ones."""
    names = [f"stages:{name}" for name in FUNCTIONS]
    words = os.path.join(os.path.abspath(root), "app", "words.txt")
    reads = [
        ImportRead("file", words, file_digest(words), "app.settings", 15),
        ImportRead("env", "SAMPLE_HOME", variable_digest("SAMPLE_HOME", {"SAMPLE_HOME": "x"}), "app.settings", 16),
    ]
    entries = {name: [Entry(*name.split(":"))] for name in names}
    read = Analysis([root]).fingerprints(entries, imported=["stages"], reads=reads)
    sys.path.insert(0, os.path.abspath(root))
    stages = importlib.import_module("stages")
    live = {f"stages:{name} as an object": fingerprint(getattr(stages, name), roots=[root]) for name in LIVE}
    found = {name: _told(one) for name, one in (read | live).items()}
    return json.dumps({"scheme": SCHEME, "functions": found}, indent=2, sort_keys=True) + "\n"


def _told(one: Fingerprint) -> dict[str, object]:
    """Return all of a fingerprint but the version of Python."""
    return {
        "parts": {key: digest for key, digest in record(one).items() if key != "package::python"},
        "ignored": [part.key for part in one.ignored],
        "opaque": [f"{found.what} in line {found.line} of {found.within}" for found in one.opaque],
    }


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        GOLDEN.write_text(digests(str(HERE / "sample")))
    else:
        sys.stdout.write(digests(sys.argv[1]))
