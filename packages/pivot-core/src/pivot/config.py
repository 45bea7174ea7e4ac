"""Settings: what may be set, where it is read from, and with which right.

Read in this order, a later one wins: built-in, the user's file, ``.pivot/config.toml`` (committed),
``.pivot/config.local.toml``, the environment (``PIVOT_CORE_JOBS``). The committed file comes with a checkout, so it
may not set what would reach out of the project. Writing is the business of ``config_file``, which alone needs
tomlkit.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pivot.bounded import Unreadable, read_bounded
from pivot.errors import ConfigError
from pivot.suggest import closest
from pivot_fingerprint.named import NamedTuple

type Value = str | int | bool


class Setting(NamedTuple):
    """One key: its default, how text becomes a value (ValueError says what is expected), and what it is for."""

    default: Value | None
    read: Callable[[Any], Value]
    about: str
    committed: bool = True  # may the committed file set it?
    secret: bool = False  # never shown, and set by the user's own file or the environment alone

    def may_stand_in(self, scope: str) -> bool:
        """Say whether the file of a scope may set it."""
        return scope == "user" or not (self.secret or (scope == "project" and not self.committed))


def _whole(least: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        text = str(value)
        if isinstance(value, bool) or not text.isdecimal() or len(text) > _DIGITS or int(text) < least:
            raise ValueError(f"a whole number from {least}")
        return int(text)

    return read


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("text")
    return value


def _key(value: Any) -> str:
    if not isinstance(value, str) or len(value) < _KEY_LENGTH or not value.isprintable() or " " in value:
        raise ValueError(f"a key of {_KEY_LENGTH} characters or more, such as `openssl rand -hex 32` makes")
    return value


def _choice(*names: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in names:
            raise ValueError("one of " + ", ".join(names))
        return str(value)

    return read


_KEY_LENGTH = 16
_DIGITS = 18
_positive, _count = _whole(1), _whole(0)

SETTINGS: Mapping[str, Setting] = {
    "cache.dir": Setting(None, _text, "directory of the cache; default .pivot/cache", committed=False),
    "cache.checkout_mode": Setting(
        "reflink",
        _choice("reflink", "copy", "hardlink", "symlink"),
        "how outputs are given back; reflink falls back to copy",
    ),
    "core.jobs": Setting(None, _positive, "stages that run at once; default: the number of processors"),
    "core.start_method": Setting("auto", _choice("auto", "fork", "spawn"), "how the processes of stages are made"),
    "display.precision": Setting(5, _count, "digits shown of a number"),
    "durability": Setting(
        "full", _choice("full", "fast"), "fast does not wait until written files are safe from a power cut"
    ),
    "gc.keep": Setting(None, _text, "stages and outputs of which gc keeps every result: patterns, with commas between"),
    "gc.runs": Setting(10, _count, "how many runs of each stage gc keeps the results of"),
    "watch.debounce": Setting(10, _positive, "milliseconds for which files must be still before a watch runs"),
    "default_remote": Setting(None, _text, "the remote of push, pull and fetch; default: the only one there is"),
    "remote.jobs": Setting(20, _positive, "objects that move at once"),
    "remote.retries": Setting(4, _count, "how often a request that failed is sent again"),
    "remote.connect_timeout": Setting(10, _positive, "seconds until a server that does not answer counts as absent"),
    "remote.idle_timeout": Setting(30, _positive, "seconds until a server that sends nothing more is asked anew"),
    "remote.signing_key": Setting(
        None, _key, "what records of runs at a remote are signed with; without it they are ignored", secret=True
    ),
}

REMOTE_SETTINGS: Mapping[str, Setting] = {
    "url": Setting(None, _text, "where it is: s3://bucket/prefix or file:///directory"),
    "endpoint_url": Setting(None, _text, "the address of a server of S3 other than Amazon's"),
    "region": Setting(None, _text, "the region of the bucket"),
    "profile": Setting(None, _text, "a section of your own AWS files", committed=False),
}
"""What may be said of the remote NAME, each under ``remotes.NAME.…``; ``remotes.NAME`` alone is short for its url."""
_SECRETS = ("secret", "password", "token", "access_key")

SIZE_LIMIT = 64 << 10  # bytes of a settings file
_DOTS_LIMIT = 256  # in a line: the time to parse a key grows with the square of its parts

FILES = ("user", "project", "local")  # in the order in which they are read


class Config(NamedTuple):
    """The settings in force: ``values`` by key, and ``origins``, where each that is not the default came from."""

    values: Mapping[str, Value | None]
    origins: Mapping[str, str]

    @property
    def jobs(self) -> int:
        """How many stages may run at once."""
        return int(self.values["core.jobs"] or os.process_cpu_count() or 1)

    def cache(self, root: Path) -> Path:
        """The directory of the cache of the project at ``root``."""
        return root / os.path.expanduser(str(self.values["cache.dir"] or ".pivot/cache"))

    @property
    def remotes(self) -> dict[str, dict[str, str]]:
        """What is said of each remote, by its name: the keys of ``REMOTE_SETTINGS`` that are set."""
        found: dict[str, dict[str, str]] = {}
        for key, value in self.values.items():
            if key.startswith("remotes."):
                _, name, field = key.split(".")
                found.setdefault(name, {})[field] = str(value)
        return found

    @property
    def remote(self) -> str | None:
        """The name of the remote that is used where none is named: as set, or the only one."""
        chosen = self.values["default_remote"]
        names = list(self.remotes)
        return str(chosen) if chosen else names[0] if len(names) == 1 else None

    @property
    def durable(self) -> bool:
        """Whether files are flushed to the disk before they are named by a record."""
        return self.values["durability"] == "full"


def config_path(root: Path, scope: str, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the file of a scope: ``user``, ``project`` or ``local``."""
    if scope == "user":
        base = environ.get("XDG_CONFIG_HOME") or os.path.join(environ.get("HOME", "~"), ".config")
        return Path(base).expanduser() / "pivot" / "config.toml"
    return root / ".pivot" / ("config.toml" if scope == "project" else "config.local.toml")


def read_config(root: Path, environ: Mapping[str, str] = os.environ) -> Config:
    """Return the settings in force for the project at ``root``.

    Raises ConfigError for an unknown key, a wrong value, or a file that is not TOML.
    """
    values: dict[str, Value | None] = {key: setting.default for key, setting in SETTINGS.items()}
    origins: dict[str, str] = {}
    for scope in FILES:
        path = config_path(root, scope, environ)
        for written, raw in read_file(path, follow=scope == "user").items():
            find_setting(written, path)
            key = full_key(written)
            check_scope(key, scope, path)
            values[key] = parse_value(key, raw, str(path))
            origins[key] = str(path)
    named = Config(values, origins).remotes
    for key in (*SETTINGS, *(f"remotes.{name}.{field}" for name in named for field in REMOTE_SETTINGS)):
        name = variable(key)
        if name in environ:
            values[key] = parse_value(key, environ[name], f"the environment variable {name}")
            origins[key] = name
    return Config(values, origins)


def variable(key: str) -> str:
    """Return the environment variable that sets a key."""
    return "PIVOT_" + key.upper().replace(".", "_").replace("-", "_")


def read_file(path: Path, *, follow: bool = True) -> dict[str, Any]:
    """Return the keys of a settings file with dots between the tables; empty if there is no such file.

    ``follow`` says whether the file may be a link, as the user's own may. Raises ConfigError.
    """
    try:
        data = read_bounded(path, SIZE_LIMIT, follow=follow)
    except Unreadable as error:
        raise ConfigError(f"cannot read the settings: {error}", file=str(path)) from None
    if data is None:
        return {}
    import tomllib  # costs 15 ms: paid only where a settings file exists

    try:
        text = data.decode()
        if any(line.count(".") > _DOTS_LIMIT for line in text.splitlines()):
            raise ConfigError("the settings have a line with too many dots", file=str(path))
        return _flatten(tomllib.loads(text))
    except RecursionError:
        problem = "nested too deeply"
    except ValueError as error:  # no TOML, no UTF-8, or a number without end
        problem = str(error)
    raise ConfigError(f"the settings are not TOML: {problem}", file=str(path), hint="mend or delete the file")


def _flatten(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            flat |= _flatten(value, f"{prefix}{name}.")
        elif isinstance(value, int) and value.bit_length() > 64:
            raise ValueError("a number of more than 64 bits")
        else:
            flat[prefix + name] = value
    return flat


def full_key(key: str) -> str:
    """Return a key in its long form: ``remotes.NAME`` is short for ``remotes.NAME.url``."""
    return f"{key}.url" if key.startswith("remotes.") and key.count(".") == 1 else key


def is_remote_name(text: str) -> bool:
    """Return whether a remote may have this name: letters, digits, hyphens and underscores."""
    return text.replace("-", "").replace("_", "").isalnum() and text.isascii()


def find_setting(key: str, path: Path | None = None) -> Setting:
    """Return the setting of a key. Raises ConfigError if there is none."""
    if key in SETTINGS:
        return SETTINGS[key]
    section, name, field = full_key(key).split(".") if full_key(key).count(".") == 2 else ("", "", "")
    if section == "remotes" and is_remote_name(name) and field in REMOTE_SETTINGS:
        return REMOTE_SETTINGS[field]
    if any(word in key.lower() for word in _SECRETS):
        hint = "credentials do not belong into settings: set AWS_PROFILE, or run `aws configure`"
    elif key.startswith("remotes."):
        hint = f"write remotes.NAME, or remotes.NAME. and one of {', '.join(REMOTE_SETTINGS)}"
    else:
        close = closest(key, SETTINGS)
        hint = f"did you mean {close}?" if close else "pivot config list shows them all"
    raise ConfigError(f"there is no setting {key!r}", file=str(path) if path else None, hint=hint)


def parse_value(key: str, raw: Any, origin: str | None = None) -> Value:
    """Return the value of a setting from text or TOML. Raises ConfigError."""
    try:
        return find_setting(key).read(raw)
    except ValueError as error:
        found = "" if find_setting(key).secret else f", not {raw!r}"
        raise ConfigError(f"{key} must be {error}{found}", file=origin) from None


def check_scope(key: str, scope: str, path: Path, text: str = "…") -> None:
    """Raise ConfigError if the file of a scope may not set the key; ``text`` is the value for the hint."""
    setting = find_setting(key)
    if setting.may_stand_in(scope):
        return
    if setting.secret:
        where, option, text = "a file of the project", "--global", "…"
    else:
        where, option = "the committed settings", "--local"
    hint = f"set it for yourself: pivot config set {option} {key} {text}"
    raise ConfigError(f"{key} may not be set by {where}", file=str(path), hint=hint)
