"""Importing a project's ``pipeline.py`` as every process does it: the same directory, import path and module name.

Called in a process of its own, by ``load_child`` and by the host of the workers. What raises there is left to them.
"""

import os
import sys
from importlib import import_module

from pivot.errors import DeclarationError
from pivot.pipeline import Pipeline, find_pipeline

MODULE = "pipeline"


def import_roots(pipeline_py: str, root: str) -> tuple[str, ...]:
    """Return the directories that come first on the import path: that of ``pipeline.py``, then the project's."""
    return tuple(dict.fromkeys((os.path.dirname(pipeline_py), root)))


def import_pipeline(pipeline_py: str, root: str) -> Pipeline:
    """Import ``pipeline.py`` as the module ``pipeline`` and return its pipeline. Both paths are absolute.

    Changes the working directory to that of ``pipeline.py``, and ``sys.path``. Raises DeclarationError if it makes no
    pipeline or several, and whatever its code raises.
    """
    roots = import_roots(pipeline_py, root)
    sys.path[:] = [*roots, *(entry for entry in sys.path if entry and os.path.abspath(entry) not in roots)]
    os.chdir(roots[0])
    module = import_module(MODULE)
    file = module.__file__
    if file is None or not os.path.samefile(file, pipeline_py):
        raise DeclarationError(
            f"import pipeline finds {os.path.relpath(file, root) if file else 'a directory'} instead of pipeline.py",
            file=pipeline_py,
            hint="give the other one another name",
        )
    return find_pipeline(module)
