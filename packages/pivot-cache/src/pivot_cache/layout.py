"""A cache directory on disk: its format, where each thing is, and a temporary directory for this process.

::

    format                "1"
    objects/ab/cdef…      the bytes, mode 0444; the name is their BLAKE3, so `b3sum` verifies it
    runs/ab/cdef…         records, see ``runs``
    tmp/RANDOM/           what one process is writing; it holds a `flock` on the directory as long as it lives
    partial/NAME          an object that did not arrive whole yet, see ``partial``
    quarantine/           what did not match its name
    projects/…            who uses a shared cache, see ``registry``
    lock                  shared by writers, exclusive for whoever deletes (``locks``)

What the bytes mean is known by the modules above.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final, cast

from pivot_cache.atomic import disk, disk_error, make_directory, sync_directory, write_atomic
from pivot_cache.content import ObjectId, are_object_ids, is_object_id, object_id
from pivot_cache.errors import FormatTooNew
from pivot_cache.temporary import Temporaries

FORMAT: Final = 1


class Layout:
    """The paths of one cache directory, which is made when something is first written. Raises ``FormatTooNew``.

    ``durable`` says whether what is written here has to survive a power cut.
    """

    def __init__(self, root: str | os.PathLike[str], *, durable: bool = True) -> None:
        self.durable = durable
        self.root = os.path.abspath(root)
        self.objects = os.path.join(self.root, "objects")
        self.runs = os.path.join(self.root, "runs")
        self.temporaries = os.path.join(self.root, "tmp")
        self.partial = os.path.join(self.root, "partial")
        self.quarantine = os.path.join(self.root, "quarantine")
        self.lock = os.path.join(self.root, "lock")
        self._made: set[str] = set()
        self._ready = self._check_format()
        self._temporaries = Temporaries(self.temporaries)

    def object_path(self, oid: str) -> str:
        """Return where the object is or would be; raise ``InvalidName`` for what is no name."""
        name = object_id(oid)
        return f"{self.objects}/{name[:2]}/{name[2:]}"

    def object_paths(self, ids: Iterable[str]) -> Iterator[tuple[ObjectId, str]]:
        """Return each name with where the object is or would be; raise ``InvalidName`` for what is no name."""
        names = list(ids)
        good = cast("list[ObjectId]", names) if are_object_ids(names) else [object_id(name) for name in names]
        objects = self.objects
        return zip(good, [f"{objects}/{name[:2]}/{name[2:]}" for name in good], strict=True)

    def run_path(self, key: str) -> str:
        """Return where the record of a run is or would be; keys have the form of object names."""
        name = object_id(key)
        return f"{self.runs}/{name[:2]}/{name[2:]}"

    def make_parent(self, path: str) -> set[str]:
        """Make the directory for an object or a record, and what is above it, if it is not there yet.

        Return the directories that got a new name by that, and have to be flushed. Raises ``DiskError``.
        """
        parent = os.path.dirname(path)
        if parent in self._made:
            return set()
        self.prepare()
        above = os.path.dirname(parent)
        with disk("make", parent):
            changed = {self.root} if make_directory(above) else set()
            if make_directory(parent):
                changed.add(above)
        self._made.add(parent)
        return changed

    def give_name(self, temporary: str, path: str, suffix: str = "") -> None:
        """Make a temporary be the object or record at a path, whatever stands there; raises ``OSError``."""
        try:
            os.rename(temporary, path)
        except IsADirectoryError:
            if self.set_aside(path, suffix) is None:
                raise
            os.rename(temporary, path)

    def set_aside(self, path: str, suffix: str = "") -> str | None:
        """Move what stands at the path of an object or record to the quarantine; return where it is now, if it is."""
        if not os.path.lexists(path):
            return None
        name = path[len(os.path.dirname(os.path.dirname(path))) :].replace("/", "")
        target = os.path.join(self.quarantine, f"{name}.{os.urandom(4).hex()}{suffix}")
        try:
            os.makedirs(self.quarantine, exist_ok=True)
            os.rename(path, target)
        except OSError:
            return None
        return target

    def remove(self, path: str) -> None:
        """Remove an object or record, if it is there. Raises ``DiskError``."""
        with disk("remove", path), suppress(FileNotFoundError):
            os.unlink(path)

    def begin(self) -> None:
        """Before a round of writing: notice if somebody removed the cache directory meanwhile, and begin anew."""
        if self._ready and not os.path.exists(self._temporaries.held() or self.root):
            self._temporaries.close()
            self._made.clear()
            self._ready = self._check_format()

    def prepare(self) -> None:
        """Make the cache directory with its format file, if it is not there yet."""
        if self._ready:
            return
        with disk("make", self.root):
            os.makedirs(self.root, exist_ok=True)
            if self.durable:
                sync_directory(os.path.dirname(self.root))
        self._ready = self._check_format()
        if not self._ready:
            write_atomic(os.path.join(self.root, "format"), f"{FORMAT}\n".encode(), durable=self.durable)
            self._ready = True

    def temporary(self) -> str:
        """Return a fresh path for a temporary, on the file system of the objects. Raises ``DiskError``."""
        if not self._ready:
            self.prepare()
        return self._temporaries.path()

    def close(self) -> None:
        """Remove the temporary directory of this process, with what is left in it."""
        self._temporaries.close()

    def _check_format(self) -> bool:
        """Return whether the directory is there and of our format."""
        path = os.path.join(self.root, "format")
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise disk_error("read", path, error) from None
        try:
            with disk("read", path):
                found = os.read(descriptor, 64).decode("ascii", "backslashreplace").strip()
        finally:
            os.close(descriptor)
        if found == str(FORMAT):
            return True
        if not found:
            return False  # a power cut emptied it
        raise FormatTooNew(self.root, found, FORMAT)


def names_in(directory: str) -> list[ObjectId]:
    """Return the object names that a directory of the form ``objects`` or ``runs`` holds; other names are ignored."""
    found: list[ObjectId] = []
    try:
        fans = os.listdir(directory)
    except OSError:
        return found
    for fan in fans:
        if len(fan) != 2:
            continue
        try:
            found.extend(
                ObjectId(fan + rest) for rest in os.listdir(os.path.join(directory, fan)) if is_object_id(fan + rest)
            )
        except NotADirectoryError:
            continue
    return found
