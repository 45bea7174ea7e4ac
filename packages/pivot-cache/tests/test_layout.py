"""The cache directory: its format, and the places of things in it."""

import os
import shutil

import pytest

from pivot_cache import DiskError, FormatTooNew, InvalidName, hash_bytes
from pivot_cache.layout import Layout, names_in

OID = hash_bytes(b"x")


@pytest.fixture
def root(tmp_path):
    return tmp_path / "cache"


def test_looking_makes_nothing(root):
    layout = Layout(root)
    assert layout.object_path(OID) == f"{root}/objects/{OID[:2]}/{OID[2:]}"
    assert layout.run_path(OID) == f"{root}/runs/{OID[:2]}/{OID[2:]}"
    assert not root.exists()


def test_paths_of_many_objects(root):
    layout = Layout(root)
    names = [OID, hash_bytes(b"y")]
    assert list(layout.object_paths(names)) == [(name, layout.object_path(name)) for name in names]


def test_no_path_for_one_of_many_that_is_no_name(root):
    with pytest.raises(InvalidName):
        Layout(root).object_paths([OID, "../" + "a" * 61])


@pytest.mark.parametrize("name", ["", "../" + "a" * 61, "A" * 64])
def test_no_path_for_what_is_no_name(root, name):
    layout = Layout(root)
    for place in (layout.object_path, layout.run_path):
        with pytest.raises(InvalidName):
            place(name)


def test_first_write_makes_it(root):
    layout = Layout(root / "nested")
    path = layout.object_path(OID)
    layout.make_parent(path)
    assert (root / "nested/format").read_text() == "1\n"
    assert os.path.isdir(os.path.dirname(path))
    Layout(root / "nested").make_parent(path)


def test_which_directories_got_a_new_name(root):
    layout = Layout(root)
    path = layout.object_path(OID)
    assert layout.make_parent(path) == {str(root), str(root / "objects")}
    assert layout.make_parent(path) == set()
    assert Layout(root).make_parent(path) == set()
    assert Layout(root).make_parent(layout.object_path(hash_bytes(b"y"))) == {str(root / "objects")}


@pytest.mark.parametrize("found", ["2", "10", "x", "1.5", "\x1b[31m"])
def test_newer_format_stops(root, found):
    root.mkdir()
    (root / "format").write_text(found + "\n")
    with pytest.raises(FormatTooNew) as caught:
        Layout(root)
    assert (caught.value.path, caught.value.found, caught.value.known) == (str(root), found, 1)
    assert str(caught.value).isprintable()


def test_format_that_a_power_cut_emptied_is_written_again(root):
    root.mkdir()
    (root / "format").write_text("")
    Layout(root).prepare()
    assert (root / "format").read_text() == "1\n"


def test_format_made_newer_by_another_before_our_first_write(root):
    layout = Layout(root)
    root.mkdir()
    (root / "format").write_text("2\n")
    with pytest.raises(FormatTooNew):
        layout.prepare()


def test_format_that_is_a_link_or_a_pipe(root):
    root.mkdir()
    (root / "format").symlink_to("/etc/passwd")
    with pytest.raises(DiskError):
        Layout(root)
    (root / "format").unlink()
    os.mkfifo(root / "format")
    assert Layout(root).object_path(OID)  # a blocking open would hang


@pytest.mark.parametrize("place", ["objects", "objects/" + OID[:2]])
def test_a_link_in_the_place_of_a_directory_is_refused(root, tmp_path, place):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (root / place).parent.mkdir(parents=True)
    (root / place).symlink_to(elsewhere)
    layout = Layout(root)
    with pytest.raises(DiskError):
        layout.make_parent(layout.object_path(OID))
    assert os.listdir(elsewhere) == []


def test_root_that_is_a_file(root):
    root.write_text("")
    with pytest.raises(DiskError):
        Layout(root).prepare()


def test_names(root):
    layout = Layout(root)
    assert names_in(layout.objects) == []
    for name in (OID, hash_bytes(b"y")):
        layout.make_parent(layout.object_path(name))
        open(layout.object_path(name), "w").close()
    for junk in ("objects/file", "objects/ab/short", f"objects/abc/{OID[2:]}", "objects/zz/" + "0" * 62, "objects/aa"):
        (root / junk).parent.mkdir(exist_ok=True)
        (root / junk).write_text("")
    assert set(names_in(layout.objects)) == {OID, hash_bytes(b"y")}


def test_temporaries_are_beside_the_objects(root):
    layout = Layout(root)
    path = layout.temporary()
    assert os.path.dirname(os.path.dirname(path)) == str(root / "tmp")
    layout.close()
    assert os.listdir(root / "tmp") == []


def test_a_directory_that_was_removed_meanwhile_is_made_again(root):
    layout = Layout(root)
    for _ in range(2):
        layout.begin()
        layout.make_parent(layout.object_path(OID))
        open(layout.temporary(), "w").close()
        assert (root / "format").exists()
        shutil.rmtree(root)
    layout.close()


def test_a_directory_that_was_made_newer_meanwhile_stops(root):
    layout = Layout(root)
    layout.temporary()
    shutil.rmtree(root)
    root.mkdir()
    (root / "format").write_text("2\n")
    with pytest.raises(FormatTooNew):
        layout.begin()


def test_a_directory_in_the_place_of_an_object_is_set_aside(root):
    layout = Layout(root)
    path = layout.object_path(OID)
    layout.make_parent(path)
    os.makedirs(f"{path}/full")
    temporary = layout.temporary()
    with open(temporary, "wb") as file:
        file.write(b"x")
    layout.give_name(temporary, path)
    with open(path, "rb") as file:
        assert file.read() == b"x"
    (aside,) = os.listdir(layout.quarantine)
    assert aside.startswith(f"{OID}.") and os.listdir(f"{layout.quarantine}/{aside}") == ["full"]
    layout.close()


def test_what_cannot_be_set_aside_stays(root):
    layout = Layout(root)
    path = layout.object_path(OID)
    assert layout.set_aside(path) is None
    layout.make_parent(path)
    os.mkdir(path)
    (root / "quarantine").write_text("in the way")
    temporary = layout.temporary()
    os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT))
    with pytest.raises(IsADirectoryError):
        layout.give_name(temporary, path)
    layout.close()


def test_a_format_that_is_a_directory(root):
    (root / "format").mkdir(parents=True)
    with pytest.raises(DiskError) as caught:
        Layout(root)
    assert caught.value.path == f"{root}/format"
