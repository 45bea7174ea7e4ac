"""Environment variables: which ones project code reads, and digests of their values.

There is no audit event for reading ``os.environ``. So while somebody listens, that object gets a class that reports
reads, made from its own one; it stays the same object, so ``from os import environ`` keeps working. Not seen:
``getenv`` of the C library, ``os.environ._data``, libraries that read settings on behalf of project code beyond those
named below, and programs in other languages but for what ``commands`` finds in a shell's text.
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from types import FrameType
from typing import Any

import blake3

DEFAULT_KEY = b"pivot-fingerprint environment 1"
EVERYTHING = "*"

# Libraries whose whole purpose is to read a variable that the caller named: they read on behalf of project code.
CONFIGURATION_READERS = frozenset({"decouple", "environ", "environs", "envparse", "pydantic_settings"})

# These and modules that do other things besides, and read a variable that the caller named in an argument or a text:
# ``Path.home``, ``click.option(envvar=…)``, ``${oc.env:NAME}`` of OmegaConf, which reads it by way of antlr4.
_ON_BEHALF = CONFIGURATION_READERS | {"antlr4", "click", "jinja2", "omegaconf", "pathlib", "typer"}

# What describes the terminal and how Python is started rather than the job. Left out of the digest of the whole
# environment, which would otherwise differ in every window (``dict(os.environ, LEVEL="1")`` is how programs are
# started); each can still be read by name.
_SESSION = frozenset(
    [
        "_",
        "COLORTERM",
        "COLUMNS",
        "DBUS_SESSION_BUS_ADDRESS",
        "DISPLAY",
        "LINES",
        "LS_COLORS",
        "OLDPWD",
        "PS1",
        "PWD",
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONHASHSEED",
        "PYTHONPYCACHEPREFIX",
        "PYTHONUNBUFFERED",
        "SHLVL",
        "STY",
        "TERM",
        "TMUX",
        "TMUX_PANE",
        "WAYLAND_DISPLAY",
        "WINDOWID",
        "XAUTHORITY",
    ]
)
_SESSION_PREFIXES = ("SSH_", "TERM_", "XDG_SESSION_", "VSCODE_", "ITERM_")


def variable_digest(name: str, environ: Mapping[str, str], *, key: bytes = DEFAULT_KEY) -> str | None:
    """The digest of a variable's value as 64 hex digits, None if it is unset.

    ``*`` stands for the whole environment, ``app_*`` for all variables whose names begin so, in capitals or not.

    The digest is keyed: who sees a lock file but not the key cannot compare it with guesses, nor recognise the same
    value in another project. It is not secret from those who have the key: a short or guessable value can be found by
    trying, and with the default key, which is public, by everybody.
    """
    if name.endswith(EVERYTHING):
        beginning = name.removesuffix(EVERYTHING).lower()
        names = sorted(
            one for one in environ if one.lower().startswith(beginning) and (beginning or not _is_of_session(one))
        )
        text = b"".join(_framed(variable) + _framed(environ[variable]) for variable in names)
        return _keyed(b"pivot environment\0" + text, key)
    value = environ.get(name)
    return None if value is None else _keyed(b"pivot env\0" + os.fsencode(name) + b"\0" + os.fsencode(value), key)


def _is_of_session(name: str) -> bool:
    return name in _SESSION or name.startswith(_SESSION_PREFIXES)


def _framed(text: str) -> bytes:
    data = os.fsencode(text)
    return len(data).to_bytes(8, "big") + data


def _keyed(data: bytes, key: bytes) -> str:
    return blake3.blake3(data, key=key if len(key) == 32 else blake3.blake3(key).digest()).hexdigest()


class Variables:
    """The variables that project code reads between ``start`` and ``stop``, in whichever thread.

    A variable that the process set or deleted itself is no input from then on. ``note`` is called at each read with the
    name, the digest and the frame that asked.
    """

    def __init__(
        self, is_project: Callable[[str], bool], key: bytes, note: Callable[[str, str | None, FrameType], None]
    ):
        self.digests: dict[str, str | None] = {}
        self.missing: str | None = None
        self._is_project = is_project
        self._key = key
        self._note = note
        self._own: set[str] = set()
        self._before: dict[str, str] = {}

    def start(self) -> None:
        global _active
        self._before = dict(os.environ)
        if all(type(environ) in (os._Environ, _Recording) for environ in _environments()):
            for environ in _environments():
                environ.__class__ = _Recording
            _active = (*_active, self)
        else:
            self.missing = "environment variables: os.environ was replaced by another object"

    def stop(self) -> None:
        global _active
        _active = tuple(other for other in _active if other is not self)
        if not _active:
            for environ in _environments():
                if type(environ) is _Recording:
                    environ.__class__ = os._Environ  # type: ignore[assignment]  # the class it had
        self._before = {}

    def read(self, name: str, frame: FrameType) -> None:
        if self._is_project(frame.f_code.co_filename):
            self.counts(name, frame)

    def counts(self, name: str, frame: FrameType) -> None:
        if name in self._own:
            return
        if name not in self.digests:
            self.digests[name] = variable_digest(name, self._before, key=self._key)
        self._note(name, self.digests[name], frame)

    def written(self, name: str) -> None:
        self._own.add(name)


_active: tuple[Variables, ...] = ()
# The frame and instruction that are iterating over everything, and what that is to them.
_bulk: tuple[tuple[int, int], list[str]] | None = None


class _Recording(os._Environ[Any]):
    """``os.environ`` while somebody listens: all other ways to use it come down to these four methods."""

    def __getitem__(self, key: Any) -> Any:
        _tell(key, everything=False)
        return super().__getitem__(key)

    def __iter__(self) -> Iterator[Any]:
        _tell(EVERYTHING, everything=True)
        return super().__iter__()

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, value)
        _tell_written(key)

    def __delitem__(self, key: Any) -> None:
        super().__delitem__(key)
        _tell_written(key)


def _environments() -> list[os._Environ[str] | os._Environ[bytes]]:
    return [os.environ, os.environb] if os.supports_bytes_environ else [os.environ]


_OS = os.getenv.__code__.co_filename
_MAPPINGS = Mapping.get.__code__.co_filename
_EXPANDERS = (os.path.expandvars.__code__, os.path.expanduser.__code__)
_TEMPLATES = os.path.join(os.path.dirname(os.__file__), "string.py")


def _tell(key: object, *, everything: bool) -> None:
    """Find who asks: the nearest frame that is not part of how a variable is looked up."""
    global _bulk
    if not isinstance(key, str | bytes):
        return
    frame = sys._getframe(2)
    settings: list[str] = []
    while True:
        code = frame.f_code
        file, function = code.co_filename, code.co_qualname
        if file == _OS:  # getenv asks for one variable; copy, | and the others for all of them
            everything = everything or function not in ("getenv", "getenvb", "_Environ.setdefault")
        elif file == _MAPPINGS:  # Mapping.get and the like, or the iteration over items and values
            everything = everything or function.endswith(".__iter__")
        elif not _asks_for_its_caller(frame) and not (settings and _top(frame) == "pydantic"):
            break
        settings = settings or _variables_of_settings(frame)
        if frame.f_back is None:
            return
        frame = frame.f_back
    # dict(os.environ) asks for every key and then for each value, from within one instruction
    at = (id(frame), frame.f_lasti)
    if everything:
        _bulk = at, settings or [EVERYTHING]
    for name in _bulk[1] if _bulk is not None and _bulk[0] == at else [os.fsdecode(key)]:
        for variables in _active:
            variables.read(name, frame)


def _variables_of_settings(frame: FrameType) -> list[str]:
    """How the variables begin that settings of pydantic are made of; none if that is not what a frame does."""
    source: Any = frame.f_locals.get("self") if _top(frame) == "pydantic_settings" else None
    kind: Any = getattr(source, "settings_cls", None)
    try:
        found = [source._extract_field_info(field, name) for name, field in kind.model_fields.items()]
        return sorted({f"{name}{EVERYTHING}" for field in found for _, name, _ in field})
    except Exception:  # another version of it: the whole environment counts
        return []


def _asks_for_its_caller(frame: FrameType) -> bool:
    code = frame.f_code
    if code in _EXPANDERS:
        return True
    if code.co_filename == _TEMPLATES and code.co_qualname.startswith("Template."):
        return True
    top = _top(frame)
    made_from_text = not top and not os.path.isabs(code.co_filename)  # as a template is
    return made_from_text or top in _ON_BEHALF


def _top(frame: FrameType) -> str:
    """The top-level module that a frame belongs to; nothing where its code is part of none."""
    return str(frame.f_globals.get("__name__") or "").partition(".")[0]


def _tell_written(key: str | bytes) -> None:
    for variables in _active:
        variables.written(os.fsdecode(key))
