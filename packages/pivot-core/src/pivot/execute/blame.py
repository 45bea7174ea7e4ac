"""From an exception in the user's code to what people are shown: one line, a place, a traceback of their own frames.

Used by stages' processes, the host, and the process that loads a pipeline. Imported only once something has failed:
``traceback`` alone takes 6 ms.
"""

import os
import traceback
from collections.abc import Iterator
from importlib import machinery
from itertools import dropwhile
from types import TracebackType

import pivot_fingerprint
from pivot.errors import PipelineFailed
from pivot.execute.executor import Failure
from pivot_fingerprint.importing import is_project

_PIVOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_OURS = (_PIVOT, os.path.dirname(os.path.abspath(pivot_fingerprint.__file__)) + os.sep)
_LOADERS = os.path.join(_PIVOT, "loaders") + os.sep
_IMPORTING = ("<frozen importlib", os.path.dirname(os.path.abspath(machinery.__file__)) + os.sep)
LONGEST = 500  # characters of a message
LONGEST_TEXT = 64 * 1024  # characters of a traceback, whose last line is a message of any length


def raised(error: BaseException, root: str) -> Failure:
    """Return the failure of a function, a loader or a module that raised."""
    file, line = place(error, root)
    if isinstance(error, SystemExit):
        problem, hint = f"called {_exit(error)} instead of returning", "return from the function, or raise"
        return Failure("died", problem, file=file, line=line, hint=hint, traceback=text(error))
    return Failure("raised", summary(error), file=file, line=line, traceback=text(error))


def not_imported(error: BaseException, root: str) -> PipelineFailed:
    """Return the error of a ``pipeline.py`` that raised while it was imported."""
    file, line = place(error, root)
    problem = f"pipeline.py raised {summary(error)}"
    if isinstance(error, SystemExit):
        problem = f"pipeline.py ended the process, with {_exit(error)}, while it was imported"
    hint = None
    if isinstance(error, ImportError) and "no known parent package" in str(error):
        hint = "pipeline.py belongs to no package; its directory and the project's root are where imports look"
    elif isinstance(error, ModuleNotFoundError):
        hint = "install it; a module of your own belongs in the directory of pipeline.py or the root of the project"
    details = _rest(error.with_traceback(_from_project(error, root)))
    return PipelineFailed(problem, file=file, line=line, hint=hint, details=details)


def summary(error: BaseException) -> str:
    """Return the exception's type and the first line of its message, with what Python takes to be meant."""
    name = type(error).__qualname__
    try:
        lines = (error.msg if isinstance(error, SyntaxError) else str(error)).strip().splitlines()
    except Exception as broken:
        return f"{name}, whose message cannot be shown ({type(broken).__qualname__})"
    if not lines:
        return name
    first = lines[0][:LONGEST]
    *_, only = traceback.TracebackException.from_exception(error, compact=True).format_exception_only()
    _, found, meant = only.strip().rpartition(f"{first}. Did you mean: ")
    return f"{name}: {first}. Did you mean: {meant}" if found else f"{name}: {first}"


def _exit(error: SystemExit) -> str:
    """Return the call that ended a process, as far as its argument can be shown."""
    try:
        code = "" if error.code is None else repr(error.code)
    except Exception:
        code = f"a {type(error.code).__name__}"
    return f"sys.exit({code[:LONGEST]})"


def place(error: BaseException, root: str) -> tuple[str | None, int]:
    """Return the innermost place in project code, its file relative to the root; (None, 0) if there is none."""
    found: tuple[str | None, int] = (None, 0)
    for file, line in _places(error):
        if is_project(file, (root,)):
            found = file.removeprefix(root.rstrip(os.sep) + os.sep), line
    return found


def text(error: BaseException) -> str:
    """Return the traceback as Python shows it, without the frames that lead to the user's code and those of imports.

    Causes, contexts, groups and notes are kept. Files below the working directory are shown relative to it.
    """
    return _cut("".join(_shown(error).format()))


def _rest(error: BaseException) -> str | None:
    """Return what a place and the summary do not say: other frames, lines of source, more of the message, causes."""
    shown = _shown(error)
    if len(list(_parts(shown, set()))) > 1:
        return text(error)
    lines = "".join(shown.stack.format()).splitlines()
    last = "".join(shown.format_exception_only()).splitlines()
    while last and last[0].startswith("  "):  # of a syntax error
        lines.append(last.pop(0))
    if sum(line.startswith('  File "') for line in lines) == 1 and lines[0].startswith("  File"):
        del lines[0]  # the place
    if len(last) > 1:
        lines += last
    return _cut("\n".join(lines)) or None


def _shown(error: BaseException) -> traceback.TracebackException:
    shown = traceback.TracebackException.from_exception(error, compact=True)
    for part in _parts(shown, set()):
        part.stack = _users(part.stack)
        if filename := getattr(part, "filename", None):  # a syntax error has one
            part.filename = filename.removeprefix(_here())
    return shown


def _cut(whole: str) -> str:
    lost = len(whole) - LONGEST_TEXT
    if lost <= 0:
        return whole
    half = LONGEST_TEXT // 2
    return f"{whole[:half]}\n[{lost:,} characters left out]\n{whole[-half:]}"


def _from_project(error: BaseException, root: str) -> TracebackType | None:
    """Return the traceback from the first frame of the project's code on; all of it if it has none."""
    trace = error.__traceback__
    while trace is not None and not is_project(trace.tb_frame.f_code.co_filename, (root,)):
        trace = trace.tb_next
    return trace or error.__traceback__


def _places(error: BaseException) -> Iterator[tuple[str, int]]:
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        yield trace.tb_frame.f_code.co_filename, trace.tb_lineno or 0
        trace = trace.tb_next
    if isinstance(error, SyntaxError) and error.filename:
        yield error.filename, error.lineno or 0


def _parts(shown: traceback.TracebackException, seen: set[int]) -> Iterator[traceback.TracebackException]:
    if id(shown) in seen:
        return
    seen.add(id(shown))
    yield shown
    for other in (shown.__cause__, shown.__context__, *(shown.exceptions or ())):
        if other is not None:
            yield from _parts(other, seen)


def _users(stack: traceback.StackSummary) -> traceback.StackSummary:
    frames = [frame for frame in stack if not frame.filename.startswith(_IMPORTING)]
    here = _here()
    users = list(dropwhile(_leads_to_user, frames))
    if users and not users[0].filename.startswith(_OURS):
        users = [frame for frame in users if not frame.filename.startswith(_OURS)]
    for frame in users:
        _ = frame.line  # read from the file now, before its name is shortened
        frame.filename = frame.filename.removeprefix(here)
    return traceback.StackSummary.from_list(users)


def _here() -> str:
    """Return what a path begins with that is below the working directory; nothing where the stage deleted that."""
    try:
        return os.getcwd() + os.sep
    except FileNotFoundError:
        return ""


def _leads_to_user(frame: traceback.FrameSummary) -> bool:
    return frame.filename.startswith(_PIVOT) and not frame.filename.startswith(_LOADERS)
