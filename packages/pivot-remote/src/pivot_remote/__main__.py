"""``python -m pivot_remote push|pull``: move the cache of a checkout with nothing else of Pivot installed.

For jobs that only carry bytes. Work trees are not touched; ``pivot pull`` is the command for people.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from pivot_cache import CacheError, LocalStore
from pivot_remote.checkout import find_root, named_contents, read_remote
from pivot_remote.errors import RemoteError
from pivot_remote.location import Remote
from pivot_remote.opening import open_remote
from pivot_remote.report import JOBS, Report
from pivot_remote.transfer import transfer

TROUBLE = 4


def main(words: Sequence[str]) -> int:
    """Move, and return the exit code: 0, 1 if something could not be moved, 4 if nothing could."""
    given = _parser().parse_intermixed_args(words)
    root = find_root(Path.cwd())
    if root is None:
        sys.stderr.write("Error: there is no .pivot here or above: go to the checkout of a project\n")
        return TROUBLE
    try:
        remote = (
            Remote(given.remote, given.endpoint_url, given.region, given.profile)
            if given.remote and "://" in given.remote
            else read_remote(root, given.remote)
        )
        sys.stdout.write(f"{given.way} {remote.describe()}\n")
        report = _move(given.way, root, remote, given.cache, given.jobs)
    except (RemoteError, CacheError) as error:
        sys.stderr.write(f"Error: {error}\n")
        return TROUBLE
    sys.stdout.write(
        f"{len(report.moved)} objects moved, {report.bytes} bytes; {report.present} did not have to move\n"
    )
    for line in _complaints(report, "the cache" if given.way == "push" else "the remote"):
        sys.stderr.write(f"not moved: {line}\n")
    return 0 if report.complete else 1


def _move(way: str, root: Path, remote: Remote, cache: str | None, jobs: int) -> Report:
    place = cache or os.environ.get("PIVOT_CACHE_DIR") or ".pivot/cache"
    near, far = LocalStore(root / place, durable=way == "push"), open_remote(remote)
    near.hold()
    report = None
    try:
        contents = named_contents(root)
        report = transfer(contents, near, far, jobs) if way == "push" else transfer(contents, far, near, jobs)
        return report
    finally:
        if way == "pull" and (report is None or report.moved):
            near.flush()
        near.close()
        far.close()


def _complaints(report: Report, source: str) -> Iterator[str]:
    yield from (f"{oid}: {source} does not have it" for oid in report.missing)
    yield from (f"{oid}: what {source} has under this name is something else" for oid in report.corrupt)
    yield from (f"{oid}: it names some of these" for oid in report.withheld)
    yield from (f"{failure.id}: {failure.error}" for failure in report.failed)


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text} is no number from 1 on")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pivot_remote", description="Move the cache of a checkout.")
    parser.add_argument("way", choices=("push", "pull"), help="to the remote, or from it into the cache")
    parser.add_argument("remote", nargs="?", help="a name in .pivot/config.toml, or a url; else the default remote")
    parser.add_argument("--endpoint-url", help="of a server other than Amazon's; with a url")
    parser.add_argument("--region", help="of the bucket; with a url")
    parser.add_argument("--profile", help="a section of your AWS files; with a url")
    parser.add_argument("--cache", metavar="DIR", help="the cache; else PIVOT_CACHE_DIR, else .pivot/cache")
    parser.add_argument("-j", "--jobs", type=_count, default=JOBS, help=f"objects that move at once; else {JOBS}")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
