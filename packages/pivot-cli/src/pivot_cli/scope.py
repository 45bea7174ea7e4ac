"""Which settings a command is about: the project's, one's own in it (--local), or one's own everywhere (--global).

Shared by the commands that write settings, ``config`` and ``remote``.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pivot.config import config_path
from pivot.errors import NoPipeline, UsageError
from pivot.project import Project, locate
from pivot_cli.session import Session
from pivot_cli.usage import option
from pivot_fingerprint.named import NamedTuple


class Place(NamedTuple):
    """Which settings a command is about: those of a scope (None: those in force), of a project if there is one."""

    project: Project | None
    scope: str | None

    @property
    def root(self) -> Path:
        """The project's root; where there is no project, nowhere, so that only the user's own settings are found."""
        return self.project.root if self.project else Path("/dev/null")

    def file(self, scope: str) -> Path:
        """Return the file of a scope; the user's own may be a link to where they keep such files, and is followed."""
        path = config_path(self.root, scope)
        return path.resolve() if scope == "user" else path

    def needed(self) -> Project:
        """Return the project. Raises NoPipeline if there is none."""
        if self.project is None:
            raise NoPipeline(
                "there is no project here", hint="make one with pivot init, or set it for yourself with --global"
            )
        return self.project


def scoped(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that choose a scope."""
    command = option("--local", is_flag=True, help="Yours alone, in this project: .pivot/config.local.toml.")(command)
    return option("--global", "user", is_flag=True, help="Yours, in every project.")(command)


def find_place(session: Session, *, user: bool = False, local: bool = False) -> Place:
    """Return the place that the options choose. Raises UsageError if they choose two."""
    if user and local:
        raise UsageError("--global and --local exclude each other")
    try:
        project = locate(session.start)
    except NoPipeline:
        project = None
    return Place(project, "user" if user else "local" if local else None)
