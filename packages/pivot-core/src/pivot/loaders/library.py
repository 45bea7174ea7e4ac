"""Third-party libraries of loaders: imported when a loader is used, named in one line when they are missing."""

from importlib import import_module
from types import ModuleType

from pivot.errors import MissingLibrary


def library(module: str, *, loader: str, install: str) -> ModuleType:
    """Return an imported module; ``loader`` is the name of the loader that needs it, ``install`` what pip calls it.

    Raises MissingLibrary if its distribution is not installed. One that is installed and broken raises as it does.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != module.partition(".")[0]:
            raise
        problem = f"loaders.{loader} needs {install}, which is not installed: pip install {install}"
        raise MissingLibrary(problem) from None
