"""The cache against what the system's own tools take: hashing, keeping, giving back one large file and many small ones.

What is compared is measured in turn, in one run; medians count. ``PIVOT_BENCH_DIR`` says where the files are written
(default: the system's temporary directory), because a disk that is busy with other things can only tell so much.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from blake3 import blake3
from measure import line

from pivot_cache import LocalStore, Scan, State, hash_file
from pivot_cache import scan as scanning

LARGE = 1 << 30
SMALL = 1024
FILES = 20_000
MANY = 200_000

type Work = Callable[[], object]


def settled() -> int:
    """Return a time at which all files that were just written count as old."""
    return time.time_ns() + 10**12


def compare(name: str, ours: Work, theirs: Work, limit: str, *, rounds: int = 5, between: Work = lambda: None) -> None:
    """Print what ours takes, and how many times what theirs takes; ``between`` clears up and is not timed."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 1):
        for work, found in zip((theirs, ours), times, strict=True):
            between()
            began = time.perf_counter()
            work()
            if number:
                found.append(time.perf_counter() - began)
    theirs_took, ours_took = (statistics.median(found) for found in times)
    line(name, f"{ours_took * 1000:.1f} ms", ours_took / theirs_took, limit)


def show(name: str, work: Work, limit: str = "", *, rounds: int = 5) -> None:
    """Print what a thing takes."""
    times = []
    for number in range(rounds + 1):
        began = time.perf_counter()
        work()
        if number:
            times.append(time.perf_counter() - began)
    line(name, f"{statistics.median(times) * 1000:.2f} ms", limit=limit)


def hash_like_b3sum(path: Path) -> str:
    """Return what ``b3sum`` prints, the way it works: a map, and a thread for each core."""
    return blake3(max_threads=blake3.AUTO).update_mmap(path).hexdigest()


def copy(source: Path, target: Path) -> None:
    subprocess.run(["cp", "-r", "--reflink=auto", source, target], check=True)


def flush() -> None:
    os.sync()


def large(root: Path) -> None:
    """One file of 1 GiB."""
    path = root / "large"
    with path.open("wb") as file:
        for _ in range(LARGE >> 24):
            file.write(os.urandom(1 << 24))
    compare("hash 1 GiB : as b3sum", lambda: hash_file(path), lambda: hash_like_b3sum(path), "at most 1.2 ×")

    def clear() -> None:
        for name in ("copy", "restored"):
            (root / name).unlink(missing_ok=True)
        for name in ("cache", "durable"):
            shutil.rmtree(root / name, ignore_errors=True)
        flush()

    def copy_and_hash() -> None:
        copy(path, root / "copy")
        hash_like_b3sum(path)

    def copy_flush_and_hash() -> None:
        copy_and_hash()
        with (root / "copy").open("rb+") as file:
            os.fsync(file.fileno())

    fast = LocalStore(root / "cache", durable=False)
    compare("save 1 GiB : cp + b3sum", lambda: fast.save(path), copy_and_hash, "at most 1.25 ×", between=clear)
    durable = LocalStore(root / "durable")
    compare(
        "save 1 GiB, flushed : cp + sync + b3sum",
        lambda: durable.save(path),
        copy_flush_and_hash,
        "at most 1.25 ×",
        between=clear,
        rounds=3,
    )
    clear()
    content = fast.save(path)

    def clear_copies() -> None:
        for name in ("copy", "restored"):
            (root / name).unlink(missing_ok=True)
        flush()

    compare(
        "restore 1 GiB : cp",
        lambda: fast.restore(content, root / "restored"),
        lambda: copy(path, root / "copy"),
        "at most 1.3 ×",
        between=clear_copies,
    )
    clear()
    path.unlink()


def write_many(directory: Path, count: int) -> None:
    directory.mkdir()
    for number in range(count):
        (directory / f"file-{number:06}").write_bytes(os.urandom(SMALL))


def read_all(directory: Path) -> None:
    for name in os.listdir(directory):
        with open(directory / name, "rb") as file:
            file.read()


def walk(directory: Path) -> None:
    with os.scandir(directory) as entries:
        for entry in entries:
            entry.stat(follow_symlinks=False)


def small(root: Path) -> None:
    """A directory of 20,000 files of 1 KiB."""
    path = root / "small"
    write_many(path, FILES)

    def first() -> None:
        (root / "first.db").unlink(missing_ok=True)
        with State(root / "first.db") as state:
            Scan(state, clock=settled).content(path)

    compare("hash 20,000 files : read them", first, lambda: read_all(path), "at most 2 ×")

    def again() -> None:
        with State(root / "first.db") as state:
            Scan(state, clock=settled).content(path)

    compare("nothing changed in 20,000 : scandir + stat", again, lambda: walk(path), "at most 1.5 ×", rounds=15)
    hashed: list[str] = []
    hash_descriptor = scanning.hash_descriptor
    scanning.hash_descriptor = lambda descriptor, where: (hashed.append(where), hash_descriptor(descriptor, where))[1]

    def change_one() -> None:
        (path / "file-000123").write_bytes(os.urandom(SMALL))
        again()

    show("one of 20,000 changed", change_one, rounds=4)
    scanning.hash_descriptor = hash_descriptor
    line("files hashed for it, in 5 rounds", str(len(hashed)), limit="5")

    def clear() -> None:
        for name in ("copy", "restored"):
            shutil.rmtree(root / name, ignore_errors=True)
        flush()

    store = LocalStore(root / "cache", durable=False)
    content = store.save(path)
    compare(
        "restore 20,000 files : cp -r",
        lambda: store.restore(content, root / "restored"),
        lambda: copy(path, root / "copy"),
        "at most 2 ×",
        between=clear,
        rounds=3,
    )

    def clear_caches() -> None:
        clear()
        for name in ("cache", "durable"):
            shutil.rmtree(root / name, ignore_errors=True)
        flush()

    compare(
        "save 20,000 files : cp -r",
        lambda: LocalStore(root / "cache", durable=False).save(path),
        lambda: copy(path, root / "copy"),
        "",
        between=clear_caches,
        rounds=3,
    )
    compare(
        "save 20,000 files, flushed : cp -r + sync",
        lambda: LocalStore(root / "durable").save(path),
        lambda: (copy(path, root / "copy"), flush()),
        "",
        between=clear_caches,
        rounds=3,
    )
    clear_caches()
    shutil.rmtree(path)


def one_output(root: Path) -> None:
    """What the output of a small stage costs."""
    path = root / "output"
    numbers = iter(range(10**6))
    for durable in (False, True):
        store = LocalStore(root / f"outputs-{durable}", durable=durable)
        warm = [store.add_bytes(b"%d" % number) for number in range(2000)]
        assert len(warm) == 2000

        def save(store: LocalStore = store) -> None:
            for _ in range(100):
                path.write_text(f"output {next(numbers)}")
                store.save(path)

        show(f"100 × write and save a small file{', flushed' if durable else ''}", save)
    state = root / "open.db"
    with State(state) as memo:
        for number in range(5000):
            memo.put("file", str(number), b"x" * 76)
    show("open the state and ask once", lambda: State(state).get("file", "17"), "below 2 ms", rounds=15)


MEMORY = r"""
import re, sys, time
from pivot_cache import LocalStore, Scan, State
with State(sys.argv[1]) as state:
    scan = Scan(state, clock=lambda: time.time_ns() + 10**12)
    if len(sys.argv) > 3:
        LocalStore(sys.argv[3], durable=False).save(sys.argv[2], scan=scan)
    else:
        scan.content(sys.argv[2])
# not ru_maxrss, which begins with what the process had in memory that started this one
print(int(re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[1]) / 1024)
"""


def many(root: Path) -> None:
    """A directory of 200,000 files: what it takes of memory."""
    path = root / "many"
    write_many(path, MANY)
    for name, arguments in (
        ("first look at 200,000 files", ()),
        ("nothing changed in 200,000 files", ()),
        ("save 200,000 files", (str(root / "cache"),)),
    ):
        command = [sys.executable, "-c", MEMORY, str(root / "many.db"), str(path), *arguments]
        found = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        line(name, f"{float(found):.0f} MB", limit="below 300 MB")


def main() -> None:
    with tempfile.TemporaryDirectory(dir=os.environ.get("PIVOT_BENCH_DIR"), prefix="pivot-bench-") as name:
        root = Path(name)
        for group in (small, one_output, large, many):
            group(root)


if __name__ == "__main__":
    main()
