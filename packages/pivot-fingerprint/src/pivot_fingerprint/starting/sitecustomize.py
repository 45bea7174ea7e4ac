"""Executed by a Python that an observed process starts, before anything else: it observes itself from then on.

See ``pivot_fingerprint.children``, which put this directory in front of ``PYTHONPATH``. Nothing of that remains to be
seen by the program: neither variables nor the directory, and the user's own ``sitecustomize`` is imported as ever.
"""

import os
import sys
from importlib import import_module


def begin() -> None:
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != here]
    others = os.environ.pop("PYTHONPATH", "").partition(os.pathsep)[2]
    if others:
        os.environ["PYTHONPATH"] = others
    invitations = os.environ.pop("PIVOT_OBSERVED", "")
    prefix, _, invitations = invitations.partition("\n")
    if prefix != sys.prefix:  # another environment has other packages, perhaps another Python
        return
    above = os.path.dirname(os.path.dirname(here))
    sys.path.append(above)
    try:
        from pivot_fingerprint.observation import accept
    finally:
        sys.path.remove(above)
    for one in invitations.split("\n"):
        accept(one)


def give_way() -> None:
    """Import the module that Python would have found without this one."""
    own = sys.modules.pop("sitecustomize")
    try:
        import_module("sitecustomize")
    except ModuleNotFoundError as error:
        if error.name != "sitecustomize":
            raise
        sys.modules["sitecustomize"] = own


if __name__ == "sitecustomize":
    begin()
    give_way()
