"""A trial of a pipeline in a forked process: which libraries it imports besides, and whether they came too early.

Run by ``warm`` once it has a server. What is imported here is forgotten with the process.
"""

import os
import sys

from pivot.execute import preloaded
from pivot.execute.interpreter import end_with
from pivot.execute.live import libraries, missing
from pivot.execute.wire import pack
from pivot.pipeline_module import import_pipeline, import_roots
from pivot_fingerprint.importing import install


def main(root: str, pipeline_py: str, descriptor: int, alive: int) -> None:
    """Import the pipeline, and write the variables that it set and the installed modules that it imported."""
    end_with(alive)
    sys.argv[:] = [pipeline_py]
    null = os.open(os.devnull, os.O_WRONLY)
    for one in (1, 2):
        os.dup2(null, one)
    install(import_roots(pipeline_py, root))
    before = set(sys.modules)
    try:
        stages = import_pipeline(pipeline_py, root).stages
    except BaseException:  # also sys.exit
        return  # whoever loads it says what is wrong
    found = preloaded.installed(set(sys.modules) - before)
    wanted = [name for stage in stages.values() for name in libraries(stage)]
    modules = list(dict.fromkeys((*found, *missing(wanted))))
    os.pwrite(descriptor, pack([preloaded.changed_variables(), modules]), 0)
