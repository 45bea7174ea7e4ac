"""Writing settings: one key at a time, in the file of its scope, leaving comments and everything else as they are.

Reading is the business of ``config``, which every command does; this module alone needs tomlkit.
"""

from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from pivot.bounded import Unreadable, read_bounded
from pivot.config import SIZE_LIMIT, Value, check_scope, find_setting, full_key, parse_value
from pivot.errors import ConfigError, StorageError
from pivot_cache import write_atomic


def set_value(path: Path, key: str, text: str, scope: str = "user") -> Value:
    """Write a setting to the file of a scope, made if need be, and return its value.

    Raises ConfigError for an unknown key, a wrong value, a key that this file may not set, or a file that is not TOML;
    StorageError or CacheError if it cannot be written.
    """
    setting = find_setting(key)
    key = full_key(key)
    value = parse_value(key, text)
    check_scope(key, scope, path, text)
    document = _read(path)
    *tables, name = key.split(".")
    table: Any = document
    for part in tables:
        if part not in table:
            table[part] = tomlkit.table()
        if tables[0] == "remotes" != part and isinstance(table[part], str):  # its url, in the short form
            table[part] = _url_table(table[part])
        table = table[part]
        if not isinstance(table, dict):
            raise ConfigError(f"{part} is a value, not a table", file=str(path), hint="mend or delete the file")
    table[name] = value
    _write(path, document, mode=0o600 if setting.secret else None)
    return value


def unset_value(path: Path, key: str) -> bool:
    """Remove a setting from a file; False if it was not there. Errors as for ``set_value``; a key need not be known."""
    document = _read(path)
    *tables, name = key.split(".")
    above: list[tuple[Any, str]] = []
    table: Any = document
    for part in tables:
        above.append((table, part))
        table = table.get(part)
        if isinstance(table, str) and full_key(".".join(tables)) == key:  # a url, in the short form
            return unset_value(path, ".".join(tables))
        if not isinstance(table, dict):
            return False
    if name not in table:
        return False
    del table[name]
    for parent, part in reversed(above):
        if not parent[part]:
            del parent[part]
    _write(path, document)
    return True


def _url_table(url: str) -> Any:
    table = tomlkit.table()
    table["url"] = str(url)
    return table


def _read(path: Path) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(read_bounded(path, SIZE_LIMIT, follow=True) or b"")
    except Unreadable as error:
        raise ConfigError(f"cannot read the settings: {error}", file=str(path)) from None
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"the settings are not TOML: {error}", file=str(path), hint="mend or delete the file"
        ) from None


def _write(path: Path, document: tomlkit.TOMLDocument, mode: int | None = None) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if mode is None and path.exists():
            mode = path.stat().st_mode & 0o777  # it may hold a key
        write_atomic(path, tomlkit.dumps(document).encode(), mode=mode)
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror}", hint="make it writable and run again") from error
