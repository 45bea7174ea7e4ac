"""Whatever a path turns into while it is used, nothing outside the enclosure is made, changed or removed."""

import errno
import os
from contextlib import suppress

import pytest

from pivot_cache import DiskError, Scan, ThroughLink, make_directories, write_atomic
from pivot_cache.build import Build
from pivot_cache.enclosure import Enclosure, open_below, remove


@pytest.fixture
def outside(tmp_path):
    place = tmp_path / "outside"
    place.mkdir()
    (place / "keep").write_text("keep")
    return place


@pytest.fixture(params=["a", "a/b"])
def exchanged(request, work, outside):
    """A link to the outside in the place of one of the directories a/b/c."""
    (work / "a/b/c").mkdir(parents=True)
    link = work / request.param
    os.rename(link, work / "moved")
    link.symlink_to(outside)
    (outside / "b/c").mkdir(parents=True)
    (outside / "c").mkdir()
    return link


def test_a_name_is_used_in_its_open_directory(work):
    (work / "a/b").mkdir(parents=True)
    with Enclosure(work.root) as inside:
        spot = inside.spot(str(work / "a/b/f"))
        assert spot[1:] == ("f", str(work / "a/b/f"))
        os.rename(work / "a", work / "moved")
        os.close(os.open(spot.name, os.O_WRONLY | os.O_CREAT, dir_fd=spot.directory))
    assert (work / "moved/b/f").exists()


def test_directories_are_made_if_that_is_asked_for(work):
    with Enclosure(work.root) as inside:
        with pytest.raises(FileNotFoundError):
            inside.enter(str(work / "a/b"))
        inside.enter(str(work / "a/b"), make=True)
        inside.enter(str(work.root))
    assert (work / "a/b").is_dir()


def test_the_directory_that_was_opened_last_stays_open_and_no_other(work):
    (work / "a").mkdir()
    before = len(os.listdir("/proc/self/fd"))
    with Enclosure(work.root) as inside:
        first = inside.spot(str(work / "a/f"))
        assert inside.spot(str(work / "a/g")).directory == first.directory
        inside.spot(str(work / "f"))
        assert len(os.listdir("/proc/self/fd")) == before + 1
    assert len(os.listdir("/proc/self/fd")) == before


def test_no_link_is_followed_on_the_way(work, exchanged):
    with Enclosure(work.root) as inside, pytest.raises(ThroughLink) as caught:
        inside.enter(str(work / "a/b/c"), make=True)
    assert caught.value.path == str(exchanged)


@pytest.mark.parametrize("path", ["/etc", "{root}/../outside", "{root}/a/../../outside", "{root}side"])
def test_nothing_leads_out(work, outside, path):
    with Enclosure(work.root) as inside, pytest.raises(ValueError, match="is not below"):
        inside.enter(path.format(root=work.root))


def test_what_is_no_directory_is_an_error_of_the_system(work):
    work.write("a", "1")
    with Enclosure(work.root) as inside, pytest.raises(NotADirectoryError):
        inside.enter(str(work / "a/b"))


def test_without_a_root_the_directory_is_the_one_that_is_named(work, outside):
    (work / "link").symlink_to(outside)
    with Enclosure() as anywhere:
        spot = anywhere.spot(str(work / "link/new/f"), make=True)
        os.close(os.open(spot.name, os.O_WRONLY | os.O_CREAT, dir_fd=spot.directory))
    assert (outside / "new/f").exists()


def test_a_directory_is_removed_with_all_in_it_and_nothing_else(work, outside):
    work.write("d/a", "1")
    work.write("d/sub/b\n", "1")
    (work / "d/sub/link").symlink_to(outside)
    with Enclosure(work.root) as inside:
        remove(inside.spot(str(work / "d")))
        (work / "l").symlink_to(outside)
        remove(inside.spot(str(work / "l")))
        with pytest.raises(FileNotFoundError):
            remove(inside.spot(str(work / "l")))
    assert os.listdir(work.root) == [] and (outside / "keep").exists()


def test_a_directory_is_not_entered_through_a_link(work, outside):
    (work / "l").symlink_to(outside)
    with Enclosure(work.root) as inside, pytest.raises(ThroughLink):
        open_below(inside.spot(str(work / "l")))


# What is written within one -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["reflink", "copy", "hardlink", "symlink"])
def test_a_restore_stays_within(work, store, look, outside, exchanged, mode):
    file = store.save(work.write("saved/f", "1"))
    content = store.save(work / "saved")
    before = look(outside)
    for it, name in ((file, "f"), (content, "d"), (content, "c"), (file, "new/f")):
        with pytest.raises(ThroughLink):
            store.restore(it, work / "a/b/c" / name, mode=mode, within=work.root)
    assert look(outside) == before


@pytest.mark.parametrize("moment", ["make", "tree"])
def test_a_link_that_appears_while_it_is_restored(work, store, look, outside, monkeypatch, moment):
    """Built or not, what was opened before is what is written in."""
    work.write("saved/f", "1")
    work.write("saved/sub/g", "2")
    content = store.save(work / "saved")
    work.write("a/d/f", "old")
    old = store.save(work / "a/d")
    before = look(outside)
    real = getattr(Build, moment)

    def exchange(self, *arguments):
        if not (work / "a").is_symlink():
            os.rename(work / "a", work / "moved")
            (work / "a").symlink_to(outside)
        return real(self, *arguments)

    monkeypatch.setattr(Build, moment, exchange)
    with suppress(ThroughLink):
        store.restore(content, work / "a/d", replace=old, within=work.root)
    assert look(outside) == before


def test_a_relink_stays_within(work, store, look, outside):
    content = store.save(work.write("a/f", "1"))
    (outside / "f").write_text("1")
    os.rename(work / "a", work / "moved")
    (work / "a").symlink_to(outside)
    before = os.stat(outside / "f").st_ino
    with pytest.raises(ThroughLink):
        store.relink(content, work / "a/f", "symlink", within=work.root)
    assert os.stat(outside / "f").st_ino == before


def test_files_and_directories_are_made_within(work, look, outside, exchanged):
    before = look(outside)
    for durable in (False, True):
        with pytest.raises(ThroughLink):
            write_atomic(work / "a/b/c/f", b"1", durable=durable, within=work.root)
        with pytest.raises(ThroughLink):
            make_directories(work / "a/b/c/new", durable=durable, within=work.root)
    assert look(outside) == before


def test_what_is_within_is_written_as_ever(work, store):
    make_directories(work / "a/b", within=work.root)
    write_atomic(work / "a/b/f", b"1", within=work.root)
    content = store.save(work / "a")
    store.restore(content, work / "new/a", within=work.root)
    assert Scan().content(work / "new/a") == content
    with pytest.raises(DiskError) as caught:
        write_atomic(work / "none/f", b"1", within=work.root)
    assert (caught.value.path, caught.value.errno) == (str(work / "none/f"), errno.ENOENT)
