"""Which source files of the project a Python program imports, when it is started as another process.

From its text alone: modules are looked for beside the script, in the directory in which it starts, and in those that
the caller names. Imports inside functions count too. A program that finds its modules in another way (``sys.path``,
computed names) is not followed further. Used by ``commands``.
"""

import os
from collections.abc import Iterator, Sequence

_MOST = 2000  # files of one program


def imported(start: str, text: str | None, places: Sequence[str]) -> Iterator[str]:
    """Yield the files that a program imports, and those that these import; only files that there are.

    ``start`` is the file of a script, or with ``text`` the directory in which that text is executed.
    """
    import ast  # only where a program is started

    above = os.path.dirname(start) if text is None else start
    path = list(dict.fromkeys([above, *places]))
    seen: dict[str, None] = {}
    waiting = [(start, text)]
    while waiting and len(seen) < _MOST:
        file, known = waiting.pop()
        try:
            tree = ast.parse(_read(file) if known is None else known)
        except (OSError, SyntaxError, ValueError, RecursionError):
            continue
        for node in ast.walk(tree):
            match node:
                case ast.Import():
                    names = [(0, alias.name) for alias in node.names]
                case ast.ImportFrom():
                    name = f"{node.module}." if node.module else ""
                    names = [(node.level, f"{name}{alias.name}") for alias in node.names]
                case _:
                    continue
            for level, name in names:
                for found in _files(level, name, file, path):
                    if found not in seen and f"{os.sep}site-packages{os.sep}" not in found:
                        seen[found] = None
                        waiting.append((found, None))
    yield from seen


def _files(level: int, name: str, importer: str, path: Sequence[str]) -> Iterator[str]:
    """Yield the files of a module and of the packages around it; the last part of a name may be no module."""
    if level:
        above = importer
        for _ in range(level):
            above = os.path.dirname(above)
        path = [above]
    parts = name.split(".")
    for place in path:
        found = False
        for part in parts:
            package = os.path.join(place, part)
            for file in (os.path.join(package, "__init__.py"), f"{package}.py"):
                if os.path.isfile(file):
                    found = True
                    yield file
                    break
            place = package  # noqa: PLW2901  # one level down
        if found:
            return


def _read(file: str) -> bytes:
    with open(file, "rb") as opened:
        return opened.read()
