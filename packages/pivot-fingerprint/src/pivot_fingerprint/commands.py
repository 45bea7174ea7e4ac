"""Which files and variables a command line names, when another process is started with it.

This is read from the arguments alone, as well as that can be done: what the other process opens without being told is
not known. What a Python program imports, ``scripts`` finds out. ``auditing`` calls this with the audit events of
``subprocess``, ``os.system`` and their like.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pivot_fingerprint.scripts import imported

EVENTS = frozenset({"subprocess.Popen", "os.system", "os.posix_spawn", "os.exec", "pty.spawn"})
_PATH = "PYTHONPATH="
_SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh"})
_VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*)")
_WORD = re.compile(r"""[^\s;&|()<>'"`]+""")
_COMMENT = re.compile(r"^\s*#.*$", re.MULTILINE)
_LONGEST = 1_000_000  # bytes of a script that are looked at


def named(event: str, args: Sequence[Any], scripts: Mapping[str, str]) -> Iterator[tuple[str, bool]]:
    """Yield absolute paths that a command may mean, and whether it writes there (``> file``).

    They need not exist: each argument is taken for a path, and so are what follows an ``=`` or ``@`` in it and what
    follows a short option. ``scripts`` are those of ``shell_scripts``; of the files that these name in turn, those
    count that they are certain to read. The shapes of ``args`` are those of CPython's table of audit events.
    """
    match event, args:
        case "os.system", (command, *_):
            yield from _of_shell(_text(command), os.getcwd())
        case "subprocess.Popen", (program, words, directory, *rest):
            place = os.path.abspath(_text(directory))
            yield from _of_words(list(map(_text, words)), _text(program), place, *rest[:1])
        case "os.posix_spawn" | "os.exec", (program, words, *rest):
            yield from _of_words(list(map(_text, words)), _text(program), os.getcwd(), *rest[:1])
        case "pty.spawn", (words, *_):
            yield from _of_words(list(map(_text, words)), "", os.getcwd())
    _, place = _given(event, args)
    for path, text in scripts.items():
        if text:
            yield path, False
            yield from _of_shell(text, place, certain=True)


def variables(event: str, args: Sequence[Any], scripts: Mapping[str, str]) -> Iterator[str]:
    """Yield the names that stand for variables in what a shell executes: the command, or scripts that it names."""
    texts, _ = _given(event, args)
    if event == "os.system" or any(scripts.values()) or any(os.path.basename(word) in _SHELLS for word in texts):
        yield from (name for text in (*texts, *scripts.values()) for name in _VARIABLE.findall(text))


def _given(event: str, args: Sequence[Any]) -> tuple[list[str], str]:
    """Return the words of a command, or the one text that it is, and the directory where it is executed."""
    match event, args:
        case "os.system", (command, *_):
            return [_text(command)], os.getcwd()
        case "subprocess.Popen", (_, words, directory, *_):
            return list(map(_text, words)), os.path.abspath(_text(directory))
        case ("os.posix_spawn" | "os.exec", (_, words, *_)) | ("pty.spawn", (words, *_)):
            return list(map(_text, words)), os.getcwd()
    return [], ""


def shell_scripts(event: str, args: Sequence[Any]) -> dict[str, str]:
    """Return the files that a command names, and those that scripts among them name in turn, by their paths.

    To each its text if it is a shell script; nothing if it is something else, which is known once it was opened.
    """
    texts, place = _given(event, args)
    found: dict[str, str] = {}
    waiting = list(texts)
    while waiting:
        text = waiting.pop()
        for word in dict.fromkeys((text, *_WORD.findall(text))):
            path = os.path.join(place, word)
            if path not in found and os.path.isfile(path):
                found[path] = script = _COMMENT.sub("", _shell_script(path))
                waiting.append(script)
    return found


def _shell_script(path: str) -> str:
    """Return the text of a file that a shell executes; nothing of any other."""
    with open(path, "rb") as file:
        data = file.read(_LONGEST)
    first = data.partition(b"\n")[0]
    shell = path.endswith(".sh") or (first.startswith(b"#!") and first.rstrip().endswith(b"sh"))
    return data.decode(errors="replace") if shell else ""


def _text(value: object) -> str:
    return os.fsdecode(value) if isinstance(value, str | bytes | os.PathLike) else ""


def _of_words(
    words: Sequence[str], program: str, directory: str, env: Any = None, *, certain: bool = False
) -> Iterator[tuple[str, bool]]:
    """What the words of a command name; what is ``certain`` to be read are Python programs alone."""
    if os.sep in program:  # without a separator it is looked for on PATH
        yield os.path.join(directory, program), False
    given = [word.removeprefix(_PATH) for word in words if word.startswith(_PATH)]
    entries = [entry for one in (*given, _python_path(env)) for entry in one.split(os.pathsep) if entry]
    places = [directory, *(os.path.join(directory, entry) for entry in entries)]
    shell = python = False
    before = ""
    for position, word in enumerate(words):
        if shell and re.fullmatch(r"-\w*c", before):
            yield from _of_shell(word, directory)
        elif python and before == "-m":
            yield from ((path, False) for path in imported(directory, f"import {word}, {word}.__main__", places))
        elif python and re.fullmatch(r"-\w*c", before):
            yield from ((path, False) for path in imported(directory, word, places))
        elif position > 0 or os.sep in word:
            if not certain or (python and word.endswith(".py")):
                yield from ((os.path.join(directory, path), False) for path in _paths(word))
            if word.endswith(".py"):
                yield from ((path, False) for path in imported(os.path.join(directory, word), None, places))
        name = os.path.basename(word)
        shell = shell or name in _SHELLS
        python = python or name.startswith("python")
        before = word


def _python_path(env: Any) -> str:
    """The variable ``PYTHONPATH`` in an environment that is text or bytes; that of this process if there is none."""
    if env is None:
        return os.environ.get("PYTHONPATH", "")
    return _text(dict(env).get("PYTHONPATH", dict(env).get(b"PYTHONPATH")))


def _of_shell(text: str, directory: str, *, certain: bool = False) -> Iterator[tuple[str, bool]]:
    """What a line of shell names; where it changes the directory, names are tried from each.

    ``certain`` to be read is what follows ``source`` or ``<``, and a Python program with what it imports.
    """
    directories = [directory]
    words = [""]
    before = ""
    for word in _split(text):
        if before.startswith((">", "&>")):
            yield from ((os.path.join(place, word), True) for place in directories)
        elif certain and before in (".", "source", "<"):
            yield from ((os.path.join(place, word), False) for place in directories)
        elif before == "cd":
            directories.append(os.path.join(directories[-1], word))
        elif not word.startswith((">", "<", "|", "&", ";", "(", ")")):
            words += _matches(word, directories)
        before = word
    for place in directories:
        yield from _of_words(words, "", place, certain=certain)


def _split(text: str) -> list[str]:
    import shlex  # only where a command is one text

    lexer = shlex.shlex(text.replace("\n", " ; "), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        return list(lexer)
    except ValueError:  # a quotation that does not end
        return text.split()


def _matches(word: str, directories: Sequence[str]) -> list[str]:
    """The names that match a word, as the shell finds them. The listings that this takes are observed by themselves."""
    if not any(char in word for char in "*?["):
        return [word]
    from glob import glob

    return [path for place in directories for path in glob(os.path.join(place, word))]


def _paths(word: str) -> Iterator[str]:
    option, equals, value = word.partition("=")
    for text in (word, value if equals else "", word[2:] if re.match(r"-[^-]", option) else ""):
        if text:
            yield text
            yield text.removeprefix("@")
