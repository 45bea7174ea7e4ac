"""Running one stage here and now: load its inputs, call its function, save what it returns, check what it made.

The process around it, and everything that can end the process, is ``child``'s business. Whatever goes wrong here comes
back as a Failure, never as an exception.
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from pivot.declare import Dep, Output
from pivot.errors import PivotError
from pivot.execute.executor import Failure, WorkOrder
from pivot.loaders import PathOnly
from pivot.pipeline import Stage
from pivot.suggest import closest


class Wrong(Exception):
    """The stage does not do what it declares; carries the failure."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.problem)
        self.failure = failure


def run(stage: Stage, order: WorkOrder, settle: Callable[[], None] = lambda: None) -> Failure | None:
    """Run the stage with the order's parameters; return None when every output is written.

    The working directory must be the stage's. Paths are handed to loaders and to the function as they were declared,
    relative to it, so that no result contains the name of this machine's directories. ``settle`` is called before the
    outputs are checked, to wait for whatever may still be writing them.
    """
    work = Work(stage, order)
    process = os.getpid()
    try:
        arguments = work.arguments()
        work.make_directories()
        try:
            value = stage.function(**arguments)
        except BaseException as error:  # also sys.exit
            if os.getpid() != process:
                _leave(error)
            return _end(error, order.root)
        if os.getpid() != process:
            _leave(None)
        os.chdir(stage.directory)  # wherever the function went: outputs are written relative to it
        work.save(value)
        settle()
        work.check()
    except Wrong as wrong:
        return wrong.failure
    except BaseException as error:  # a loader that calls sys.exit, for instance
        return _end(error, order.root)
    return None


class Work:
    """One stage with one order: the steps before and after its function. Each raises Wrong."""

    def __init__(self, stage: Stage, order: WorkOrder) -> None:
        self.stage = stage
        self.order = order
        self._saved: set[str] = set()  # outputs that were there once they had been written

    def arguments(self) -> dict[str, Any]:
        """Return what the function is called with: loaded inputs and parameters."""
        found = {name: self._load(name, dep) for name, dep in self.stage.deps.items()}
        if self.stage.params_type is not None and self.stage.params_param is not None:
            from pivot.params import unpack  # imports pydantic, which a pipeline with parameters has done already

            found[self.stage.params_param] = unpack(self.stage.params_type, self.order.params or {})
        return found

    def make_directories(self) -> None:
        """Make the directories that outputs go into, and those that are outputs, so that the function need not."""
        for out in self.stage.outs.values():
            directory = out.path.rpartition("/")[0]  # of a directory output, itself: its path ends in a slash
            if not os.path.isdir(directory):
                os.makedirs(directory, exist_ok=True)

    def save(self, value: Any) -> None:
        """Write what the function returned through the loaders of its outputs."""
        for key, part in self._parts(value):
            out = self.stage.outs[key]
            path = self._path(out)
            try:
                out.loader.save(part, path)
            except PivotError as error:
                self._fail(error.problem, key, hint=error.hint)
            except Exception as error:
                if isinstance(error, OSError) and error.errno is not None:  # the disk, not the declaration
                    raise
                problem = _first_line(error)
                hint = f'write it, and return its path: pathlib.Path("{path}")'
                if not isinstance(out.loader, PathOnly):
                    problem = f"{_name(out.loader)} cannot write {path}: {problem}"
                    hint = "return what it can write, or declare another loader"
                self._fail(problem, key, error, hint=hint)
            if os.path.lexists(path) or _is_own(out.loader):  # it may be removed again this very moment
                self._saved.add(key)

    def check(self) -> None:
        """Find every declared output, a directory where one was declared."""
        for key, out in self.stage.outs.items():
            path = self._path(out)
            if not os.path.lexists(path) and key in self._saved:
                problem = f"the output {path} was removed while the stage was running"
                raise Wrong(Failure("changed", problem, key, hint="nothing is recorded; run again"))
            if not os.path.exists(path):
                how = f"is a link to {os.readlink(path)}, where nothing is" if path.is_symlink() else "was not written"
                self._fail(f"the output {path} {how}", key, hint="write it, or take it out of the declaration")
            if _is_directory(out) and not os.path.isdir(path):
                self._fail(
                    f"the output {path}/ is declared as a directory but is a file", key, hint=f'declare "{path}"'
                )
            if not _is_directory(out) and os.path.isdir(path):
                self._fail(
                    f"the output {path} is declared as a file but is a directory", key, hint=f'declare "{path}/"'
                )

    def _load(self, name: str, dep: Dep) -> Any:
        path = self._path(dep)
        if not os.path.lexists(path):
            self._fail(f"the input {path} does not exist", name, hint="it was there before; run again")
        try:
            return dep.loader.load(path)
        except PivotError as error:
            self._fail(error.problem, name, hint=error.hint)
        except Exception as error:
            hint = "mend the file, or declare the loader that fits it"
            self._fail(f"{_name(dep.loader)} cannot read {path}: {_first_line(error)}", name, error, hint=hint)

    def _parts(self, value: Any) -> Iterator[tuple[str, Any]]:
        outs = self.stage.outs
        if not outs:
            return
        if self.stage.single:
            yield next(iter(outs)), value
            return
        if not isinstance(value, Mapping):
            keys = ", ".join(outs)
            kind = type(value).__qualname__
            self._fail(
                f"a dict with the keys {keys} was declared, but a value of type {kind} was returned",
                "return",
                hint=f"return {{{', '.join(f'"{key}": ...' for key in outs)}}}",
            )
        for key in value:
            if key not in outs:
                close = closest(str(key), outs)
                hint = f"did you mean {close}?" if close else "declare it in the return annotation, or do not return it"
                self._fail(f"the key {key!r} was returned, but is not declared", str(key), hint=hint)
        for key in outs:
            if key in value:
                yield key, value[key]
            else:
                returned = ", ".join(value) or "nothing"
                hint = f"return it as well, or take it out of the return annotation; returned: {returned}"
                self._fail(f"the declared key {key!r} was not returned", key, hint=hint)

    def _path(self, declared: Dep | Output) -> Path:
        """Return a declared path as it was written: relative to the working directory."""
        below = declared.path.removeprefix(self.stage.directory.rstrip("/") + "/")
        return Path(below if below != declared.path else os.path.relpath(below, self.stage.directory))

    def _fail(
        self, problem: str, argument: str | None, error: Exception | None = None, *, hint: str | None = None
    ) -> NoReturn:
        argument = argument or "return"
        file, line = self.stage.place(argument)
        trace = _own_traceback(error, self.order.root) if error is not None else None
        raise Wrong(
            Failure("declaration", problem, argument, os.path.relpath(file, self.order.root), line, hint, trace)
        )


def _leave(error: BaseException | None) -> NoReturn:
    """End a copy of the stage's process that the function forked and that came back here: it is not the stage."""
    code = 1
    if isinstance(error, SystemExit):
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    elif error is not None:
        sys.excepthook(type(error), error, error.__traceback__)
    else:
        with suppress(OSError):
            os.write(2, b"a process that the stage forked returned from its function; end it with os._exit\n")
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):  # closed, or replaced by something
            stream.flush()
    os._exit(code)


def _end(error: BaseException, root: str) -> Failure:
    try:
        from pivot.execute import blame  # what it imports takes 6 ms, which only a failure is worth

        return blame.raised(error, root)
    except Exception:  # the stage left nothing to do that with: no descriptors, no rights, no modules
        sys.__excepthook__(type(error), error, error.__traceback__)  # into the log
        problem = f"{type(error).__qualname__}: {_first_line(error)}"
        return Failure("raised", problem, hint="more than this could not be found out; see its log")


def _own_traceback(error: Exception, root: str) -> str | None:
    """Return the traceback if a loader of the project's own raised, for then the user can do something with it."""
    from pivot.execute import blame  # as above

    return blame.text(error) if blame.place(error, root)[0] else None


def _is_directory(declared: Dep | Output) -> bool:
    return declared.path.endswith("/")


def _name(loader: object) -> str:
    kind = type(loader).__qualname__
    return f"loaders.{kind}" if _is_own(loader) else kind


def _is_own(loader: object) -> bool:
    """Return whether a loader is Pivot's own, which has written when it returns."""
    return type(loader).__module__.startswith("pivot.loaders")


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__qualname__
