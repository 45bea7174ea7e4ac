"""Push and pull with nothing to move, against a status with nothing to do: processor time, and requests at the server.

The server is one of this process that answers listings at once, so what is measured is Pivot's own work: the time of a
command on a processor, without what it waits for. The data is one output with 20,000 files.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from bisect import bisect_right
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

from measure import PIVOT, line

COUNT = int(os.environ.get("PIVOT_BENCH_MANY", "20000"))
ROUNDS = int(os.environ.get("PIVOT_BENCH_ROUNDS", "7"))
KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}
PAGE = 1000
LIMIT = "at most 2 × status"
PIPELINE = """
import pathlib, pivot
from typing import Annotated
pipeline = pivot.Pipeline("many")
def make() -> Annotated[pathlib.Path, pivot.Out("many/", pivot.loaders.PathOnly())]:
    many = pathlib.Path("many")
    many.mkdir(exist_ok=True)
    for number in range({count}):
        (many / str(number)).write_text(str(number))
    return many
pipeline.register(make)
"""


class Listing(ThreadingHTTPServer):
    """A bucket with the objects of a cache, which can be listed; ``asked`` counts all requests."""

    def __init__(self, cache: Path) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        found = (path for path in (cache / "objects").rglob("*") if path.is_file())
        self.sizes = {f"p/objects/{path.parent.name}/{path.name}": path.stat().st_size for path in found}
        self.keys = sorted(self.sizes)
        self.pages: dict[str, bytes] = {}
        self.asked = 0

    def page(self, after: str) -> bytes:
        if after not in self.pages:
            begin = bisect_right(self.keys, after)
            keys = self.keys[begin : begin + PAGE]
            rows = "".join(
                f"<Contents><Key>{key}</Key><LastModified>2100-01-01T00:00:00.000Z</LastModified><ETag>&quot;0&quot;"
                f"</ETag><Size>{self.sizes[key]}</Size><StorageClass>STANDARD</StorageClass></Contents>"
                for key in keys
            )
            more = "true" if begin + PAGE < len(self.keys) else "false"
            self.pages[after] = (
                f"<ListBucketResult><Name>b</Name><IsTruncated>{more}</IsTruncated>{rows}</ListBucketResult>".encode()
            )
        return self.pages[after]


class Answer(BaseHTTPRequestHandler):
    """Answers with a page of the listing; there is nothing else."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_GET(self) -> None:  # the name that the library looks up
        server = self.server
        assert isinstance(server, Listing)
        server.asked += 1
        query = parse_qs(urlsplit(self.path).query)
        body = server.page(query.get("start-after", [""])[0]) if "list-type" in query else b""
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def busy(command: Sequence[str], cwd: Path) -> float:
    """Return the processor time of a command in milliseconds; it must succeed."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | KEYS
    with subprocess.Popen(command, cwd=cwd, env=environ, stdout=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed")
    return (used.ru_utime + used.ru_stime) * 1000


def main() -> None:
    """Print processor times, ratios and requests."""
    with tempfile.TemporaryDirectory(prefix="pivot-bench-") as name:
        root = Path(name, "project")
        root.mkdir()
        (root / "pipeline.py").write_text(PIPELINE.format(count=COUNT))
        busy((PIVOT, "repro"), root)
        shutil.copytree(root / ".pivot/cache", root.parent / "disk")
        with Listing(root / ".pivot/cache") as server:
            Thread(target=server.serve_forever, daemon=True).start()
            endpoint = f"http://127.0.0.1:{server.server_port}"
            busy((PIVOT, "remote", "add", "bucket", "s3://bench/p", "--endpoint-url", endpoint), root)
            busy((PIVOT, "remote", "add", "disk", (root.parent / "disk").as_uri()), root)
            compare(root, server)
            server.shutdown()


def compare(root: Path, server: Listing) -> None:
    commands = {"status": (PIVOT, "status")} | {
        f"{way}, {remote}": (PIVOT, way, "-r", remote) for remote in ("bucket", "disk") for way in ("push", "pull")
    }
    took = dict.fromkeys(commands, float("inf"))
    requests: dict[str, int] = {}
    for number in range(ROUNDS + 1):
        for name, command in commands.items():
            server.asked = 0
            found = busy(command, root)
            requests[name] = server.asked
            if number:
                took[name] = min(took[name], found)
    for name, found in took.items():
        ratio = None if name == "status" else found / took["status"]
        line(f"{name}, {COUNT} objects", f"{found:.0f} ms", ratio, LIMIT if ratio else "")
    line("requests of a push", str(requests["push, bucket"]), None, f"at most {-(-len(server.keys) // PAGE)}")
    line("requests of a pull", str(requests["pull, bucket"]), None, f"at most {-(-len(server.keys) // PAGE)}")


if __name__ == "__main__":
    main()
