"""The one place where an error becomes a message and an exit code.

What Pivot raises on purpose is one message, without a traceback: on stderr, or with ``--json`` as an object on stdout.
Whatever else gets here is a bug of Pivot's and keeps its traceback.

    0    done                    4    cache or remote trouble
    1    a stage failed          70   a bug of Pivot's
    2    usage                   130  interrupted
    3    pipeline or project wrong
"""

import errno
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TextIO

import click

from pivot.errors import PivotError
from pivot.suggest import closest
from pivot_cache.atomic import disk_error
from pivot_cache.errors import CacheError
from pivot_cli import __version__
from pivot_cli.terminal import OutputLost, Terminal, plain
from pivot_cli.wiring import remote_errors

USAGE, STORAGE, BUG, INTERRUPTED, PIPE_CLOSED = 2, 4, 70, 130, 141

_REFUSALS = frozenset(
    {
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EROFS,
        errno.EACCES,
        errno.EPERM,
        errno.EIO,
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOMEM,
    }
)
"""What the system refuses whoever is right: no bug, wherever it happens."""


def guard(command: Callable[[], object], terminal: Terminal, *, json: bool = False) -> int:
    """Run a command and return the exit code: what it returns, or that of the error which ended it."""
    try:
        code = command()
        terminal.out.put("")  # what waits to be written
    except (BrokenPipeError, SystemExit):  # the second is what click makes of the first, and of nothing else here
        _drop(sys.stdout)
        return PIPE_CLOSED
    except OutputLost as error:
        return _tell_lost(terminal, error.number, json)
    except (KeyboardInterrupt, click.Abort):
        return _tell(terminal, "interrupted: what was running is not recorded", {}, INTERRUPTED, json)
    except PivotError as error:
        return _tell(terminal, error.problem, {"kind": type(error).__name__, **error.fields()}, error.exit_code, json)
    except CacheError as error:
        return _tell(terminal, str(error), {"kind": type(error).__name__, **vars(error)}, STORAGE, json)
    except remote_errors() as error:
        return _tell(terminal, str(error), {"kind": type(error).__name__, **vars(error)}, STORAGE, json)
    except click.UsageError as error:
        fields = {"kind": "UsageError", "hint": _usage_hint(error)}
        return _tell(terminal, _usage_problem(error), fields, USAGE, json)
    except click.ClickException as error:
        return _tell(terminal, error.format_message(), {"kind": "UsageError"}, USAGE, json)
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _REFUSALS:
            where = error.filename if isinstance(error.filename, str) else "a file"
            known = disk_error("use", where, error)
            return _tell(terminal, str(known), {"kind": type(error).__name__}, STORAGE, json)
        return _tell_bug(terminal, error, json)
    return code if isinstance(code, int) else 0


def message(problem: str, fields: Mapping[str, Any]) -> list[str]:
    """Return an error as lines: the problem, its place, the next step, and what belongs below."""
    lines = [f"Error: {problem}"]
    where = [f"{name.capitalize()}: {fields[name]}" for name in ("stage", "argument") if fields.get(name)]
    if file := fields.get("file"):
        where.append(f"File: {file}:{fields['line']}" if fields.get("line") else f"File: {file}")
    if hint := fields.get("hint"):
        where.append(f"Hint: {hint}")
    lines += [f"  {line}" for line in where]
    if details := fields.get("details"):
        lines += ["", *str(details).rstrip().splitlines()]
    return lines


def _tell(terminal: Terminal, problem: str, fields: Mapping[str, Any], code: int, json: bool) -> int:
    try:
        if json:
            terminal.out.json({"error": {"problem": problem, "exit_code": code, **fields}})
            return code
        first, *rest = message(problem, fields)
        err = terminal.err
        err.line(err.paint("Error:", "red", "bold") + plain(first.removeprefix("Error:")))
        for line in rest:
            err.line(plain(line))
    except OutputLost:
        _drop(sys.stdout)
        _drop(sys.stderr)
    return code


def _tell_lost(terminal: Terminal, number: int, json: bool) -> int:
    _drop(sys.stdout)
    if number == errno.EPIPE:
        return PIPE_CLOSED
    if number == errno.EIO and terminal.out.live:  # somebody closed the terminal
        _drop(sys.stderr)
        return INTERRUPTED
    problem = f"the output cannot be written: {os.strerror(number).lower()}"
    return _tell(terminal, problem, {"kind": "OutputLost"}, STORAGE, json)


def _tell_bug(terminal: Terminal, error: Exception, json: bool) -> int:
    import traceback

    shown = "".join(traceback.format_exception(error)).rstrip()
    terminal.err.line(f"{shown}\n\nThis is a bug in Pivot. Please report it, with the text above and: {_versions()}")
    if json:
        problem = f"{type(error).__name__}: {error}"
        terminal.out.json({"error": {"problem": problem, "exit_code": BUG, "kind": "Bug"}})
    return BUG


def _versions() -> str:
    return f"pivot-cli {__version__}, Python {sys.version.split()[0]}, {sys.platform}"


def _usage_problem(error: click.UsageError) -> str:
    if isinstance(error, click.NoSuchOption):
        return f"there is no option {error.option_name}"
    text = error.format_message().rstrip(".")
    return text[:1].lower() + text[1:]


def _usage_hint(error: click.UsageError) -> str | None:
    if error.ctx is None:
        return None
    if isinstance(error, click.NoSuchOption):
        known: Sequence[str] = [name for param in error.ctx.command.get_params(error.ctx) for name in param.opts]
        if close := closest(error.option_name, known):
            return f"did you mean {close}?"
    return f"{error.ctx.command_path} --help shows how to use it"


def _drop(stream: TextIO) -> None:
    """Let nothing more be written: whoever read our output has gone, and the interpreter would complain at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
