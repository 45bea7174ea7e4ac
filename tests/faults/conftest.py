"""The projects that are killed and refused: made and run once for all tests, then copied."""

import os
import pickle
import random
from collections.abc import Callable
from uuid import uuid4

import pytest

from buckets import CREDENTIALS, Buckets
from faults.scenes import Scene, make_scene
from faults.twenty import PIPELINE, SMALL
from pivot_cache import FileLock
from workbench import Project


def find_scenes(tmp_path_factory: pytest.TempPathFactory, called: str, pipeline: str) -> Callable[[str], Scene]:
    base = tmp_path_factory.getbasetemp()
    top = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / called
    top.mkdir(exist_ok=True)
    known: dict[str, Scene] = {}

    def scene(name: str) -> Scene:
        if name not in known:
            place = top / name.replace(" ", "-")
            with FileLock(top / f"{place.name}.lock"):
                if not (place / "scene").exists():
                    made = make_scene(place, name, pipeline)
                    (place / "scene").write_bytes(pickle.dumps(made))
                known[name] = pickle.loads((place / "scene").read_bytes())
        return known[name]

    return scene


@pytest.fixture(scope="session")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Scene]:
    """Return each scene by its name, made when it is first asked for: by one process of the tests, for all of them."""
    return find_scenes(tmp_path_factory, "scenes", PIPELINE)


@pytest.fixture(scope="session")
def small_scenes(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Scene]:
    """Return the same of the small project."""
    return find_scenes(tmp_path_factory, "small-scenes", SMALL)


@pytest.fixture
def tracked(project: Project, buckets: Buckets) -> Callable[[str, int, int], str]:
    """Give the project data to share: small files, a large one of so many bytes, a new bucket at an endpoint as remote.

    Called with the endpoint, the number of small files and the size of the large one; returns the bucket's name.
    """

    def track(endpoint: str, files: int, large: int) -> str:
        source = random.Random(7)
        project.write({f"data/{number}": source.randbytes(300 + number) for number in range(files)})
        project.write({"data/large": source.randbytes(large)})
        return share(project, buckets, endpoint, "data")

    return track


@pytest.fixture
def tracked_file(project: Project, buckets: Buckets) -> Callable[[str, int], str]:
    """Give the project one file of so many bytes, and a new bucket at an endpoint as remote; returns its name."""

    def track(endpoint: str, large: int) -> str:
        project.write({"large": random.Random(7).randbytes(large)})
        return share(project, buckets, endpoint, "large")

    return track


def share(project: Project, buckets: Buckets, endpoint: str, what: str) -> str:
    """Make the project track something, and a new bucket its remote; return the bucket's name."""
    bucket = f"faults-{uuid4().hex[:12]}"
    buckets.make(bucket)
    project.environment |= CREDENTIALS
    project.run("init")
    project.run("track", what)
    options = ("--endpoint-url", endpoint, "--region", "us-east-1")
    project.run("remote", "add", "origin", f"s3://{bucket}/p", *options)
    return bucket
