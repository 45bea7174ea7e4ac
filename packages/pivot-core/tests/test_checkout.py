import os
from pathlib import Path

import pytest

from pivot.checkout import Options, checkout
from pivot.errors import StorageError, UsageError
from pivot.given import Fate
from pivot.lock import Lock, Output, lock_path, write_lock
from pivot.tracked import write_tracked
from pivot.workspace import Workspace
from pivot_cache import CacheError, Content, LocalStore


def record(workspace: Workspace, stage: str, *paths: str, pipeline: str = ".") -> dict[str, Content]:
    """Keep what is at the paths and write the lock of a stage that made them."""
    root = workspace.project.root
    contents = {path: workspace.store.save(root / path) for path in paths}
    outputs = {path: Output(content, "out") for path, content in contents.items()}
    lock = Lock(stage, 1, {}, (), {}, None, {}, {}, {}, outputs)
    write_lock(lock_path(workspace.project.home, pipeline, stage), lock)
    return contents


def write(workspace: Workspace, path: str, text: str) -> Path:
    file = workspace.project.root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def fates(workspace: Workspace, *targets: str, **options: object) -> dict[str, Fate]:
    return {given.path: given.fate for given in checkout(workspace, Options(targets, **options))}


def test_what_is_missing_is_given_back(workspace: Workspace) -> None:
    model, table = write(workspace, "out/model.bin", "weights"), write(workspace, "out/table.csv", "a,b")
    record(workspace, "train", "out/model.bin", "out/table.csv")
    model.unlink()
    assert fates(workspace) == {"out/model.bin": "restored", "out/table.csv": "right"}
    assert (model.read_text(), table.read_text()) == ("weights", "a,b")
    assert fates(workspace) == {"out/model.bin": "right", "out/table.csv": "right"}


def test_directories_above_are_made(workspace: Workspace) -> None:
    file = write(workspace, "a/b/c.txt", "deep")
    record(workspace, "train", "a/b/c.txt")
    file.unlink()
    os.removedirs(file.parent)
    assert fates(workspace) == {"a/b/c.txt": "restored"}
    assert file.read_text() == "deep"


def test_an_edited_file_is_left_alone(workspace: Workspace) -> None:
    file = write(workspace, "model.bin", "weights")
    record(workspace, "train", "model.bin")
    file.write_text("my own weights")
    assert fates(workspace) == {"model.bin": "edited"}
    assert file.read_text() == "my own weights"


def test_force_keeps_the_edited_file_first(workspace: Workspace) -> None:
    file = write(workspace, "model.bin", "weights")
    record(workspace, "train", "model.bin")
    file.write_text("my own weights")
    (given,) = checkout(workspace, Options(force=True))
    assert (given.fate, file.read_text()) == ("restored", "weights")
    assert given.saved is not None
    assert (workspace.project.root / given.saved).read_text() == "my own weights"


def test_an_older_version_is_replaced_since_the_cache_has_it(workspace: Workspace) -> None:
    file = write(workspace, "model.bin", "of another branch")
    record(workspace, "train", "model.bin")
    file.write_text("weights")
    record(workspace, "train", "model.bin")
    file.write_text("of another branch")
    (given,) = checkout(workspace, Options())
    assert (given.fate, given.saved, file.read_text()) == ("restored", None, "weights")


def test_only_missing_touches_nothing_that_is_there(workspace: Workspace) -> None:
    one, other = write(workspace, "one.txt", "1"), write(workspace, "other.txt", "2")
    record(workspace, "train", "one.txt", "other.txt")
    one.write_text("edited")
    other.unlink()
    assert fates(workspace, only_missing=True) == {"one.txt": "differs", "other.txt": "restored"}
    assert (one.read_text(), other.read_text()) == ("edited", "2")


def test_a_directory_that_lost_a_file(workspace: Workspace) -> None:
    write(workspace, "plots/a.txt", "a")
    file = write(workspace, "plots/deep/b.txt", "b")
    record(workspace, "plot", "plots/")
    file.unlink()
    assert fates(workspace) == {"plots/": "restored"}
    assert file.read_text() == "b"


def test_a_directory_with_a_file_of_the_users(workspace: Workspace) -> None:
    write(workspace, "plots/a.txt", "a")
    record(workspace, "plot", "plots/")
    mine = write(workspace, "plots/mine.txt", "by hand")
    assert fates(workspace) == {"plots/": "edited"}
    assert mine.read_text() == "by hand"
    (given,) = checkout(workspace, Options(force=True))
    assert given.fate == "restored"
    assert given.saved is not None
    assert not mine.exists()
    assert any(workspace.store.read(name) == b"by hand" for name in workspace.store.ids())


def test_a_directory_in_an_older_state(workspace: Workspace) -> None:
    file = write(workspace, "plots/a.txt", "old")
    record(workspace, "plot", "plots/")
    file.write_text("new")
    write(workspace, "plots/b.txt", "new too")
    record(workspace, "plot", "plots/")
    file.write_text("old")  # a mixture that the cache never saw as a whole, though every file of it
    assert fates(workspace) == {"plots/": "restored"}
    assert file.read_text() == "new"


def test_what_the_cache_lost_is_said_and_the_rest_is_given_back(workspace: Workspace) -> None:
    one, other = write(workspace, "one.txt", "1"), write(workspace, "other.txt", "2")
    contents = record(workspace, "train", "one.txt", "other.txt")
    one.unlink()
    other.unlink()
    os.unlink(workspace.store.path(contents["one.txt"].digest))
    assert fates(workspace) == {"one.txt": "lost", "other.txt": "restored"}
    assert not one.exists()


def test_a_damaged_object_is_not_given_back(workspace: Workspace) -> None:
    file = write(workspace, "one.txt", "1")
    contents = record(workspace, "train", "one.txt")
    file.unlink()
    place = workspace.store.path(contents["one.txt"].digest)
    os.chmod(place, 0o644)
    Path(place).write_text("2")
    (given,) = checkout(workspace, Options())
    assert given.fate == "lost"
    assert "does not match its name" in (given.problem or "")
    assert not file.exists()


def test_a_record_that_cannot_be_right_does_not_keep_the_others(workspace: Workspace) -> None:
    one, other = write(workspace, "one.txt", "1"), write(workspace, "other.txt", "2")
    contents = record(workspace, "train", "one.txt")
    record(workspace, "train2", "other.txt")
    no_listing = contents["one.txt"]._replace(kind="directory")
    lock = Lock("train", 1, {}, (), {}, None, {}, {}, {}, {"one/": Output(no_listing, "out")})
    write_lock(lock_path(workspace.project.home, ".", "train"), lock)
    one.unlink()
    other.unlink()
    assert fates(workspace) == {"one/": "lost", "other.txt": "restored"}


def test_targets(workspace: Workspace) -> None:
    for path in ("data/a.txt", "data/b.txt", "model.bin"):
        write(workspace, path, path)
    record(workspace, "clean", "data/a.txt", "data/b.txt")
    record(workspace, "train", "model.bin")
    record(workspace, "train", "model.bin", pipeline="sub")
    assert list(fates(workspace, "clean")) == ["data/a.txt", "data/b.txt"]
    assert list(fates(workspace, "data/b.txt")) == ["data/b.txt"]
    assert list(fates(workspace, "data/")) == ["data/a.txt", "data/b.txt"]
    assert list(fates(workspace, "b.txt", "../model.bin", base="data")) == ["data/b.txt", "model.bin"]
    assert list(fates(workspace, ".", base="data")) == ["data/a.txt", "data/b.txt"]


@pytest.mark.parametrize(
    ("target", "hint"), [("trian", "did you mean train?"), ("model.bn", "did you mean model.bin?")]
)
def test_an_unknown_target(workspace: Workspace, target: str, hint: str) -> None:
    write(workspace, "model.bin", "x")
    record(workspace, "train", "model.bin")
    with pytest.raises(UsageError) as caught:
        fates(workspace, target)
    assert caught.value.hint == hint


def test_a_target_where_nothing_was_recorded(workspace: Workspace) -> None:
    assert fates(workspace) == {}
    with pytest.raises(UsageError, match="no record of 'train'"):
        fates(workspace, "train")


def test_a_lock_that_cannot_be_used_counts_as_absent(workspace: Workspace) -> None:
    write(workspace, "model.bin", "x")
    record(workspace, "train", "model.bin")
    lock_path(workspace.project.home, ".", "train").write_text("{}")
    assert fates(workspace) == {}


def test_tracked_data(workspace: Workspace) -> None:
    raw, image = write(workspace, "in/raw.csv", "raw"), write(workspace, "images/a.png", "a")
    write(workspace, "images/deep/b c.png", "b")
    root = workspace.project.root
    write_tracked(root / "in/raw.csv.pvt", workspace.store.save(raw))
    write_tracked(root / "images.pvt", workspace.store.save(root / "images"))
    raw.unlink()
    image.unlink()
    assert fates(workspace, "images/") == {"images": "restored"}
    assert fates(workspace, "in") == {"in/raw.csv": "restored"}
    assert (raw.read_text(), image.read_text()) == ("raw", "a")
    assert fates(workspace) == {"images": "right", "in/raw.csv": "right"}
    (root / "images.pvt").write_text("<<<<<<<")
    assert fates(workspace) == {"in/raw.csv": "right"}
    with pytest.raises(UsageError):
        fates(workspace, "raw.csv")


def test_inside_a_directory(workspace: Workspace) -> None:
    a, b = write(workspace, "plots/a.txt", "a"), write(workspace, "plots/deep/b.txt", "b")
    record(workspace, "plot", "plots/")
    a.unlink()
    b.unlink()
    assert fates(workspace, "plots/deep/b.txt") == {"plots/deep/b.txt": "restored"}
    assert (a.exists(), b.read_text()) == (False, "b")
    b.write_text("mine")
    (given,) = checkout(workspace, Options(("deep",), base="plots"))
    assert (given.fate, given.path, b.read_text()) == ("edited", "plots/deep", "mine")
    for target in ("plots/none.txt", "plots/a.txt/x"):
        with pytest.raises(UsageError, match=f"{target} is no part of plots/ as recorded"):
            list(checkout(workspace, Options((target,))))


def test_a_directory_that_the_cache_lost(workspace: Workspace) -> None:
    write(workspace, "plots/a.txt", "a")
    contents = record(workspace, "plot", "plots/")
    os.unlink(workspace.store.path(contents["plots/"].digest))
    assert fates(workspace, "plots/a.txt") == {"plots/a.txt": "lost"}


def test_links_on_the_way_are_not_followed(workspace: Workspace, tmp_path: Path) -> None:
    """A branch may hold both a record and a link that leads elsewhere; together they must not write outside."""
    file = write(workspace, "data/x.txt", "x")
    record(workspace, "train", "data/x.txt")
    file.unlink()
    file.parent.rmdir()
    outside = tmp_path / "outside"
    outside.mkdir()
    (workspace.project.root / "data").symlink_to(outside)
    with pytest.raises(StorageError, match="data is a symbolic link"):
        fates(workspace)
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("there", [None, "edited"])
def test_a_link_that_is_put_there_after_the_look_is_not_followed(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: str | None
) -> None:
    file = write(workspace, "data/x.txt", "x")
    record(workspace, "train", "data/x.txt")
    file.unlink() if there is None else file.write_text(there)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x.txt").write_text("not ours")
    has_all = LocalStore.has_all

    def exchange(store: LocalStore, content: Content) -> bool:
        if not file.parent.is_symlink():
            os.rename(file.parent, tmp_path / "moved")
            file.parent.symlink_to(outside)
        return has_all(store, content)

    monkeypatch.setattr(LocalStore, "has_all", exchange)
    with pytest.raises(CacheError, match=r"is a symbolic link|is in the way"):
        fates(workspace, force=True)
    assert {path.name: path.read_text() for path in outside.iterdir()} == {"x.txt": "not ours"}


@pytest.mark.parametrize("mode", ["copy", "hardlink", "symlink", "reflink"])
def test_modes(workspace: Workspace, mode: str) -> None:
    file = write(workspace, "x.txt", "x")
    content = record(workspace, "train", "x.txt")["x.txt"]
    file.unlink()
    assert fates(workspace, mode=mode) == {"x.txt": "restored"}
    assert file.read_text() == "x"
    assert file.is_symlink() == (mode == "symlink")
    assert os.path.samefile(file, workspace.store.path(content.digest)) == (mode in ("hardlink", "symlink"))
    assert fates(workspace, mode=mode) == {"x.txt": "right"}


def test_what_cannot_be_kept_is_left_alone(workspace: Workspace) -> None:
    file = write(workspace, "x.txt", "x")
    record(workspace, "train", "x.txt")
    file.unlink()
    os.mkfifo(file)
    (given,) = checkout(workspace, Options(force=True))
    assert given.fate == "edited"
    assert "is a named pipe" in (given.problem or "")


def test_a_link_that_a_checkout_brings_is_not_written_through(workspace: Workspace) -> None:
    top = write(workspace, "d/other/x", "not to be touched").parent.parent
    (top / "e").symlink_to("other")
    record(workspace, "b", "d/")
    (top / "e").unlink()
    file = write(workspace, "d/e/x", "an output")
    record(workspace, "a", "d/e/x")
    record(workspace, "c", "d/e/x")
    workspace.store.save(top)  # so that all of it may be replaced
    given = checkout(workspace, Options())
    assert [next(given).fate, next(given).fate] == ["right", "restored"]
    assert file.parent.is_symlink()
    with pytest.raises(StorageError, match="d/e is a symbolic link"):
        next(given)


def test_files_of_pivot_are_not_written_through_links_that_a_branch_brings(
    workspace: Workspace, tmp_path: Path
) -> None:
    file = write(workspace, "sub/x.txt", "x")
    record(workspace, "train", "sub/x.txt", pipeline="sub")
    outside = tmp_path / "outside"
    outside.mkdir()
    (workspace.project.home / "locks").mkdir(exist_ok=True)
    (workspace.project.home / "locks" / "sub").symlink_to(outside)
    with pytest.raises(CacheError, match="locks/sub is a symbolic link"):
        fates(workspace)
    assert list(outside.iterdir()) == [] and file.read_text() == "x"
