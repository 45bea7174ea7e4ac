"""``pivot remote``: name the places that the cache is shared through. Writes the same keys as ``config``."""

from typing import Any

import click

from pivot.config import REMOTE_SETTINGS, is_remote_name, read_config
from pivot.config_file import set_value, unset_value
from pivot.errors import UsageError
from pivot.project import create
from pivot_cli.scope import Place, find_place, scoped
from pivot_cli.session import Session, as_json, common
from pivot_cli.usage import ExemplifiedGroup, option
from pivot_cli.wiring import check_remote, chosen_remote, describe_remote


@click.group(
    name="remote",
    cls=ExemplifiedGroup,
    examples=[
        ("pivot remote add origin s3://bucket/prefix", "Amazon S3"),
        ("pivot remote add disk file:///mnt/shared/pivot", "a shared disk"),
        ("pivot remote list", ""),
        ("pivot remote default disk", ""),
        ("pivot remote remove disk", ""),
    ],
)
@common
def command() -> None:
    """Name the places that the cache is shared through.

    A remote of the project is in .pivot/config.toml, which git carries, so that everybody pushes to and pulls from the
    same place. Credentials are never kept here: they come from the environment, your AWS files, or a role.
    """


@command.command(
    name="add",
    examples=[
        ("pivot remote add origin s3://bucket/prefix --region eu-central-1", ""),
        ("pivot remote add lab s3://data --endpoint-url https://minio.example", ""),
        ("pivot remote add --local scratch file:///tmp/scratch", ""),
    ],
)
@click.argument("name")
@click.argument("url")
@option("--endpoint-url", metavar="URL", help="The address of a server of S3 other than Amazon's.")
@option("--region", help="The region of the bucket.")
@option("--profile", help="A section of your AWS files; kept in .pivot/config.local.toml, for you alone.")
@option("-d", "--default", "is_default", is_flag=True, help="Use it where no remote is named.")
@option("-f", "--force", is_flag=True, help="Replace a remote of this name.")
@scoped
@as_json
@common
@click.pass_obj
def add(
    session: Session,
    /,
    name: str,
    url: str,
    endpoint_url: str | None,
    region: str | None,
    profile: str | None,
    is_default: bool,
    force: bool,
    user: bool,
    local: bool,
    as_json: bool,
) -> int:
    """Name a remote: s3://bucket/prefix or file:///directory.

    The first remote is used where none is named; of several, the one that `pivot remote default` says.
    """
    place = find_place(session, user=user, local=local)
    if not is_remote_name(name):
        raise UsageError(f"{name!r} is no name for a remote", hint="use letters, digits, hyphens and underscores")
    if name in read_config(place.root).remotes and not force:
        raise UsageError(f"there is a remote {name!r} already", hint="replace it with --force, or choose another name")
    fields = {"url": url, "endpoint_url": endpoint_url, "region": region}
    check_remote({key: value for key, value in fields.items() if value})
    scope = _writable(place)
    file = place.file(scope)
    unset_value(file, f"remotes.{name}")
    for field, value in fields.items():
        if value:
            set_value(file, f"remotes.{name}.{field}", value, scope)
    if profile:
        set_value(place.file("user" if scope == "user" else "local"), f"remotes.{name}.profile", profile)
    if is_default:
        set_value(file, "default_remote", name, scope)
    _said(
        session, as_json, {"name": name, **fields, "profile": profile, "file": str(file)}, f"{name} = {url}   ({file})"
    )
    return 0


@command.command(name="list", examples=[("pivot remote list", ""), ("pivot remote list --json", "")])
@as_json
@common
@click.pass_obj
def list_remotes(session: Session, /, as_json: bool) -> int:
    """List the remotes; a star marks the one that is used where none is named."""
    config = read_config(find_place(session).root)
    out = session.terminal.out
    if as_json:
        rows = [
            {"name": name, **{field: fields.get(field) for field in REMOTE_SETTINGS}, "default": name == config.remote}
            for name, fields in config.remotes.items()
        ]
        out.json({"remotes": rows})
        return 0
    width = max(map(len, config.remotes), default=0)
    for name, fields in config.remotes.items():
        out.line(f"{'*' if name == config.remote else ' '} {name:<{width}}   {describe_remote(fields)}")
    if not config.remotes and not session.quiet:
        out.line("There is no remote yet: add one with pivot remote add NAME URL")
    return 0


@command.command(name="remove", examples=[("pivot remote remove disk", "")])
@click.argument("name")
@as_json
@common
@click.pass_obj
def remove(session: Session, /, name: str, as_json: bool) -> int:
    """Forget a remote: take it out of the settings of the project and of yours. What it holds stays."""
    place = find_place(session)
    config = read_config(place.root)
    chosen_remote(config, name)
    for scope in ("user", "project", "local") if place.project else ("user",):
        file = place.file(scope)
        unset_value(file, f"remotes.{name}")
        if config.values["default_remote"] == name and config.origins.get("default_remote") == str(file):
            unset_value(file, "default_remote")
    _said(session, as_json, {"name": name, "removed": True}, f"removed {name}; what it holds stays")
    return 0


@command.command(name="default", examples=[("pivot remote default", "which it is"), ("pivot remote default disk", "")])
@click.argument("name", required=False)
@scoped
@as_json
@common
@click.pass_obj
def default(session: Session, /, name: str | None, user: bool, local: bool, as_json: bool) -> int:
    """Show or choose the remote that is used where none is named."""
    place = find_place(session, user=user, local=local)
    config = read_config(place.root)
    if name is None:
        if as_json:
            session.terminal.out.json({"default": config.remote})
        elif config.remote:
            session.terminal.out.line(config.remote)
        return 0 if config.remote else 1
    chosen_remote(config, name)
    scope = _writable(place)
    file = place.file(scope)
    set_value(file, "default_remote", name, scope)
    _said(session, as_json, {"default": name, "file": str(file)}, f"default_remote = {name}   ({file})")
    return 0


def _writable(place: Place) -> str:
    if place.scope != "user":
        create(place.needed())
    return place.scope or "project"


def _said(session: Session, json: bool, data: dict[str, Any], words: str) -> None:
    if json:
        session.terminal.out.json(data)
    elif not session.quiet:
        session.terminal.out.line(words)
