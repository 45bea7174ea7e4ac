"""The catalogue of change-detection cases: read ``*.case`` files, write a case as a project, apply its edits.

A case is a small project, then one or more steps; a step is one or more edits and the stages that must run after them.
``oracle.py`` executes projects; the tests compare. Standard library only, so that any test can import this by path.

The format, by example (everything that it knows)::

    === the title, unique in the whole catalogue
    Prose, to the first marker, says what is hard about it. Two lines there mean something:
    needs: numpy, pydantic            skip the case where these cannot be imported
    stages: a, train                  the stages; else every function of stages.py that has a name of one letter
    --- given env NAME=VALUE          the environment of the first run; {base} is the directory that holds the project
    --- given link NAME -> TARGET     a symbolic link, its target as it is written
    --- utils.py                      a file of the project, up to the next marker; ../lib/x.py lies beside the project
    def scale(x):
        return x * 2
    --- stages.py                     a stage takes nothing and returns JSON data, written to <name>.json
    from utils import scale
    def a(): return scale(1)
    def b(): return 1
    --- edit utils.py                 "-" lines: text that occurs exactly once; "+" lines: what replaces it; any
    - x * 2                           number of such hunks; only "-": deleted; only "+": appended to the file
    + x * 3
    runs: a                           ends the step: these stages run and no others; or "runs: nothing"
    same output: a                    of those, these write the same bytes: what they reach changed all the same
    may run: b                        these may run or not: precision that is welcome and not demanded

The other edits: ``write PATH`` (a text follows), ``delete PATH``, ``move OLD -> NEW`` (files or directories),
``touch PATH`` (newer, same bytes), ``rewrite PATH`` (deleted and made again with the same bytes), ``crlf PATH``
(other line ends), ``link NAME -> TARGET`` (a symbolic link turned elsewhere), ``env NAME=VALUE``, ``unset NAME``,
``edit PATH keeping mtime`` (its size and time stay as they were), ``checkout elsewhere`` (the whole project is copied
to another directory; Pivot's memory of this machine and ``__pycache__`` stay behind). A case without a ``pipeline.py``
is given one that registers its stages.
"""

import ast
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
_MARKER = re.compile(r"(===|---)(?= )|^((?:runs|may run|same output):)")
_OF_THE_MACHINE = shutil.ignore_patterns("__pycache__", "state.db*", "logs")
PIPELINE = 'import pivot\nimport stages\n\npipeline = pivot.Pipeline("case")\n'
REGISTER = 'pipeline.register(stages.{name}, name="{name}", outs=pivot.Out("{name}.json", pivot.loaders.JSON()))\n'


class CaseError(Exception):
    """A case file is not in the format, or an edit does not fit its file; the text begins with the place."""


class Edit(NamedTuple):
    """One change to a project: ``hunks`` are (old, new) pairs of an ``edit``, ``text`` the content of a ``write``."""

    kind: str
    target: str = ""  # a path, or a variable's name
    value: str = ""  # where it is moved to; a variable's value; "keeping mtime"
    text: str = ""
    hunks: tuple[tuple[str, str], ...] = ()


class Step(NamedTuple):
    """Edits, and what must and may run after them; ``place`` is file:line of the ``runs:``."""

    edits: tuple[Edit, ...]
    runs: frozenset[str]
    may_run: frozenset[str] = frozenset()
    same_output: frozenset[str] = frozenset()
    place: str = ""


class Case(NamedTuple):
    """One case as read; ``files`` by path relative to the project, ``links`` likewise with their targets."""

    category: str
    title: str
    note: str
    needs: tuple[str, ...]
    env: Mapping[str, str]
    files: Mapping[str, str]
    links: Mapping[str, str]
    stages: tuple[str, ...]
    steps: tuple[Step, ...]
    place: str

    @property
    def id(self) -> str:
        """The name for a test: ``imports/aliased-import``."""
        return f"{self.category}/{re.sub(r'[^a-z0-9]+', '-', self.title.lower()).strip('-')}"


def read_catalogue(directory: Path = HERE) -> list[Case]:
    """Return every case of the directory, by file and order. Raises CaseError; two cases with one id are an error."""
    cases = [case for path in sorted(directory.glob("*.case")) for case in read_cases(path)]
    seen: dict[str, Case] = {}
    for case in cases:
        if case.id in seen:
            raise CaseError(f"{case.place}: the title is taken by {seen[case.id].place}")
        seen[case.id] = case
    return cases


def read_cases(path: Path) -> Iterator[Case]:
    """Yield the cases of one file; lines before its first ``===`` are for the reader."""
    blocks = list(_blocks(path))
    starts = [number for number, block in enumerate(blocks) if block.kind == "==="]
    for start, end in zip(starts, [*starts[1:], len(blocks)], strict=True):
        yield _case(path.stem, blocks[start], blocks[start + 1 : end])


class _Block(NamedTuple):
    """A marker and the lines below it; ``kind`` is ``===``, ``---``, or ``runs`` and its like."""

    kind: str
    words: str
    body: Sequence[str]
    place: str


def _blocks(path: Path) -> Iterator[_Block]:
    lines = path.read_text(encoding="utf-8").split("\n")
    marks = [(number, mark) for number, line in enumerate(lines) if (mark := _MARKER.match(line))]
    for (number, mark), end in zip(marks, [*(number for number, _ in marks[1:]), len(lines)], strict=True):
        kind = (mark[1] or mark[2]).rstrip(":")
        yield _Block(kind, lines[number][mark.end() :].strip(), lines[number + 1 : end], f"{path.name}:{number + 1}")


def _case(category: str, title: _Block, blocks: Sequence[_Block]) -> Case:
    options = {word: rest for line in title.body for word, colon, rest in [line.partition(":")] if colon}
    note = "\n".join(line for line in title.body if line.partition(":")[0] not in ("needs", "stages")).strip()
    env: dict[str, str] = {}
    files: dict[str, str] = {}
    links: dict[str, str] = {}
    edits = len(blocks)
    for number, block in enumerate(blocks):
        match block.words.split(maxsplit=2):
            case ["given", "env", assignment]:
                name, _, env[name] = assignment.partition("=")
            case ["given", "link", link]:
                name, _, target = link.partition(" -> ")
                links[name] = target
            case [path] if block.kind == "---":
                if path in files:
                    raise CaseError(f"{block.place}: {path} is given twice")
                files[path] = _text(block.body)
            case _:
                edits = number
                break
    stages = _ordered(options["stages"]) if "stages" in options else _stages_of(files.get("stages.py", ""))
    if "pipeline.py" not in files:
        files["pipeline.py"] = PIPELINE + "".join(REGISTER.format(name=name) for name in stages)
    steps = tuple(_steps(blocks[edits:], frozenset(stages)))
    if not stages or not steps:
        raise CaseError(f"{title.place}: a case needs stages and steps")
    needs = _ordered(options.get("needs", ""))
    return Case(category, title.words, note, needs, env, files, links, stages, steps, title.place)


def _steps(blocks: Sequence[_Block], stages: frozenset[str]) -> Iterator[Step]:
    edits: list[Edit] = []
    step: Step | None = None
    for block in blocks:
        match block.kind:
            case "---":
                if step:
                    yield _checked(step, stages)
                    step = None
                edits.append(_edit(block))
            case "runs" if edits:
                step, edits = Step(tuple(edits), _names(block.words), place=block.place), []
            case "may run" if step:
                step = step._replace(may_run=_names(block.words))
            case "same output" if step:
                step = step._replace(same_output=_names(block.words))
            case _:
                raise CaseError(f"{block.place}: {block.kind} does not belong here")
    if edits:
        raise CaseError(f"{blocks[-1].place}: edits end with runs:")
    if step:
        yield _checked(step, stages)


def _checked(step: Step, stages: frozenset[str]) -> Step:
    if not step.runs | step.may_run <= stages or step.runs & step.may_run or not step.same_output <= step.runs:
        raise CaseError(f"{step.place}: these stages do not fit together, or are not of {sorted(stages)}")
    return step


def _edit(block: _Block) -> Edit:
    match block.words.split():
        case ["edit", path]:
            return Edit("edit", path, hunks=_hunks(block))
        case ["edit", path, "keeping", "mtime"]:
            return Edit("edit", path, "keeping mtime", hunks=_hunks(block))
        case ["write", path]:
            return Edit("write", path, text=_text(block.body))
        case ["move" | "link" as kind, old, "->", new]:
            return Edit(kind, old, new)
        case ["delete" | "touch" | "rewrite" | "crlf" | "unset" as kind, target]:
            return Edit(kind, target)
        case ["env", *_]:
            name, _, value = block.words.partition(" ")[2].partition("=")
            return Edit("env", name, value)
        case ["checkout", "elsewhere"]:
            return Edit("checkout")
        case _:
            raise CaseError(f"{block.place}: unknown edit {block.words!r}")


def _hunks(block: _Block) -> tuple[tuple[str, str], ...]:
    """Return (old, new) pairs of the "-" and "+" lines."""
    hunks: list[tuple[list[str], list[str]]] = []
    before = ""
    for line in block.body:
        sign, text = line[:1], line[2:]
        match sign:
            case "":
                continue
            case "-" if before == "-":
                hunks[-1][0].append(text)
            case "-":
                hunks.append(([text], []))
            case "+" if before:
                hunks[-1][1].append(text)
            case "+":
                hunks.append(([], [text]))
            case _:
                raise CaseError(f"{block.place}: neither - nor +: {line!r}")
        before = sign
    return tuple(("\n".join(old), "\n".join(new)) for old, new in hunks)


def _text(body: Sequence[str]) -> str:
    text = "\n".join(body).rstrip("\n")
    return text + "\n" if text else ""


def _names(words: str) -> frozenset[str]:
    return frozenset(_ordered(words)) - {"nothing"}


def _ordered(words: str) -> tuple[str, ...]:
    return tuple(word for word in re.split(r"[,\s]+", words) if word)


def _stages_of(source: str) -> tuple[str, ...]:
    tree = ast.parse(source)
    return tuple(node.name for node in tree.body if isinstance(node, ast.FunctionDef) and len(node.name) == 1)


class Project:
    """A case on disk: ``base/project``, files beside it, and the variables of its environment.

    ``root`` moves when an edit checks the project out elsewhere. The caller runs things in it between the steps.
    """

    def __init__(self, case: Case, base: Path) -> None:
        """Write the case's files below ``base``, an empty directory."""
        self.base = base
        self.root = base / "project"
        self.env = {name: self._filled(value) for name, value in case.env.items()}
        for path, text in case.files.items():
            self._write(path, text)
        for path, target in case.links.items():
            (self.root / path).symlink_to(target)

    def apply(self, step: Step) -> None:
        """Make the edits of a step. Raises CaseError where one does not fit."""
        for edit in step.edits:
            match edit.kind:
                case "edit":
                    self._edit(edit, step.place)
                case "env":
                    self.env[edit.target] = self._filled(edit.value)
                case "unset":
                    del self.env[edit.target]
                case "checkout":
                    elsewhere = self.base / "elsewhere" / "another name"
                    shutil.copytree(self.root, elsewhere, ignore=_OF_THE_MACHINE, copy_function=shutil.copyfile)
                    self.root = elsewhere
                case _:
                    self._change(edit, self.root / edit.target)

    def _edit(self, edit: Edit, place: str) -> None:
        path = self.root / edit.target
        before = path.stat()
        self._write(edit.target, _replaced(path.read_text(encoding="utf-8"), edit.hunks, f"{place}: {path.name}"))
        if edit.value == "keeping mtime":
            if path.stat().st_size != before.st_size:
                raise CaseError(f"{place}: {path.name} has another length now")
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    def _change(self, edit: Edit, path: Path) -> None:
        match edit.kind:
            case "write":
                self._write(edit.target, edit.text)
            case "delete":
                path.unlink()
            case "move":
                path.rename(self.root / edit.value)
            case "link":
                path.unlink()
                path.symlink_to(edit.value)
            case "touch":
                later = path.stat().st_mtime_ns + 1_000_000_000
                os.utime(path, ns=(later, later))
            case "rewrite" | "crlf":
                data = path.read_bytes()
                path.unlink()
                path.write_bytes(data.replace(b"\n", b"\r\n") if edit.kind == "crlf" else data)

    def _write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def _filled(self, value: str) -> str:
        return value.replace("{base}", str(self.base))


def _replaced(text: str, hunks: Sequence[tuple[str, str]], place: str) -> str:
    for old, new in hunks:
        if not old:
            text += f"{new}\n"
            continue
        if text.count(old) != 1:
            raise CaseError(f"{place}: {old!r} occurs {text.count(old)} times")
        start, end = text.index(old), text.index(old) + len(old)
        whole_lines = start == 0 or text[start - 1] == "\n"
        if not new and whole_lines and text[end : end + 1] == "\n":
            end += 1
        text = text[:start] + new + text[end:]
    return text
