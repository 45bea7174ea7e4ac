"""The projects that are killed and refused: made and run once for all tests of a process, then copied."""

from collections.abc import Callable

import pytest

from faults.scenes import Scene, make_scene


@pytest.fixture(scope="session")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Scene]:
    """Return each scene by its name, made when it is first asked for."""
    top = tmp_path_factory.mktemp("scenes")
    made: dict[str, Scene] = {}

    def scene(name: str) -> Scene:
        if name not in made:
            made[name] = make_scene(top / name.replace(" ", "-"), name)
        return made[name]

    return scene
