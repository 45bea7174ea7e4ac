"""``pivot config``: show and change settings."""

from collections.abc import Iterable
from typing import Any

import click

from pivot.config import (
    SETTINGS,
    Config,
    Value,
    find_setting,
    full_key,
    parse_value,
    read_config,
    read_file,
)
from pivot.project import create
from pivot_cli.scope import Place, find_place, scoped
from pivot_cli.session import Session, as_json, common
from pivot_cli.usage import ExemplifiedGroup


@click.group(
    name="config",
    cls=ExemplifiedGroup,
    examples=[
        ("pivot config list", ""),
        ("pivot config set core.jobs 4", ""),
        ("pivot config set --local cache.dir /data/pivot-cache", ""),
        ("pivot config unset core.jobs", ""),
    ],
)
@common
def command() -> None:
    """Show and change settings.

    A setting of the project is in .pivot/config.toml, which git carries. One of your own is in .pivot/config.local.toml
    (--local), or for every project in your home directory (--global). The environment wins over all: PIVOT_CORE_JOBS=2.
    """


@command.command(name="list", examples=[("pivot config list", "")])
@scoped
@as_json
@common
@click.pass_obj
def list_settings(session: Session, /, user: bool, local: bool, as_json: bool) -> int:
    """List the settings in force, and where each comes from."""
    place = find_place(session, user=user, local=local)
    rows = _rows(place)
    out = session.terminal.out
    if as_json:
        out.json({"settings": rows})
        return 0
    width = max((len(row["key"]) for row in rows), default=0)
    texts = [f"{row['key']:<{width}} = {_text(row['value'])}" for row in rows]
    column = max((len(text) for text in texts), default=0)
    for row, text in zip(rows, texts, strict=True):
        out.line(f"{text:<{column}}   {out.paint(row['origin'] or 'default', 'dim')}")
        if session.verbose:
            out.line(out.paint(f"  {find_setting(row['key']).about}", "dim"))
    return 0


@command.command(name="get", examples=[("pivot config get cache.dir", "")])
@click.argument("key")
@scoped
@as_json
@common
@click.pass_obj
def get_setting(session: Session, /, key: str, user: bool, local: bool, as_json: bool) -> int:
    """Print a setting.

    Exit code 1 if a scope was named and does not have it.
    """
    key = _checked(key)
    row = next((row for row in _rows(find_place(session, user=user, local=local)) if row["key"] == key), None)
    if as_json:
        session.terminal.out.json(row or {"key": key, "value": None, "origin": None})
    elif row:
        session.terminal.out.line(_text(row["value"]))
    return 0 if row else 1


@command.command(name="set", examples=[("pivot config set --global core.jobs 4", "")])
@click.argument("key")
@click.argument("value")
@scoped
@as_json
@common
@click.pass_obj
def set_setting(session: Session, /, key: str, value: str, user: bool, local: bool, as_json: bool) -> int:
    """Change a setting, of the project unless told otherwise."""
    from pivot.config_file import set_value  # lazy: tomlkit, which only writing needs

    place = find_place(session, user=user, local=local)
    scope = place.scope or "project"
    key = _checked(key)
    if scope != "user":
        create(place.needed())
    path = place.file(scope)
    written = _shown(key, set_value(path, key, value, scope))
    _said(session, as_json, {"key": key, "value": written, "file": str(path)}, f"{key} = {_text(written)}   ({path})")
    return 0


@command.command(name="unset", examples=[("pivot config unset --local cache.dir", "")])
@click.argument("key")
@scoped
@as_json
@common
@click.pass_obj
def unset_setting(session: Session, /, key: str, user: bool, local: bool, as_json: bool) -> int:
    """Remove a setting, so that the next scope or the default decides."""
    from pivot.config_file import unset_value  # lazy: tomlkit, which only writing needs

    place = find_place(session, user=user, local=local)
    scope = place.scope or "project"
    if scope != "user":
        place.needed()
    path = place.file(scope)
    removed = unset_value(path, key)
    if not removed:
        find_setting(key)  # a key that is no setting may be removed; asking for one that is not there is a slip
    words = f"removed {key} from {path}" if removed else f"{key} was not set in {path}"
    _said(session, as_json, {"key": key, "removed": removed, "file": str(path)}, words)
    return 0


def _said(session: Session, json: bool, data: dict[str, Any], words: str) -> None:
    if json:
        session.terminal.out.json(data)
    elif not session.quiet:
        session.terminal.out.line(words)


def _rows(place: Place) -> list[dict[str, Any]]:
    """Return the settings of the place, each with its key, value and origin (None for a default)."""
    if place.scope is not None:
        path = place.file(place.scope)
        found = {full_key(key): raw for key, raw in read_file(path).items()}
        return [
            {"key": key, "value": _shown(key, parse_value(key, found[key], str(path))), "origin": str(path)}
            for key in _known(found)
            if key in found
        ]
    config = read_config(place.root)
    return [
        {"key": key, "value": _shown(key, _effective(config, key)), "origin": config.origins.get(key)}
        for key in _known(config.values)
    ]


def _known(found: Iterable[str]) -> tuple[str, ...]:
    """Return the keys that can be shown: the fixed ones, and those of the remotes that are named somewhere."""
    return (*SETTINGS, *sorted(key for key in found if key.startswith("remotes.")))


def _checked(key: str) -> str:
    find_setting(key)
    return full_key(key)


def _effective(config: Config, key: str) -> Value | None:
    """Return the value in force, also where the default is worked out."""
    worked_out: dict[str, Value] = {"core.jobs": config.jobs, "cache.dir": ".pivot/cache"}
    value = config.values[key]
    return worked_out.get(key) if value is None else value


def _shown(key: str, value: Value | None) -> Value | None:
    """Return what may be shown of a value."""
    return "(set)" if value is not None and find_setting(key).secret else value


def _text(value: Value | None) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
