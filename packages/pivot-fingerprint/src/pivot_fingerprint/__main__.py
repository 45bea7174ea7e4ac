"""The command ``python -m pivot_fingerprint module:function``: what a function depends on, for people and programs.

Only reads and prints; exits with 2 and one line if there is no such function.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence

import orjson

from pivot_fingerprint.compare import record
from pivot_fingerprint.errors import FingerprintError
from pivot_fingerprint.parts import SCHEME, Fingerprint, Part
from pivot_fingerprint.targets import fingerprint


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the fingerprint of a function; return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        found = fingerprint(options.target, roots=options.root)
    except FingerprintError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    if options.json:
        sys.stdout.write(_json(options.target, found).decode() + "\n")
    else:
        lines = _tree(found) if options.tree else _table(found)
        sys.stdout.writelines(f"{line}\n" for line in lines)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pivot_fingerprint", description="Print what the behaviour of a Python function depends on."
    )
    parser.add_argument("target", metavar="package.module:function", help="the function; it is read, never imported")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object")
    form.add_argument("--tree", action="store_true", help="print each part below the part that led to it")
    parser.add_argument(
        "--root",
        action="append",
        default=[],
        metavar="DIR",
        help="where modules are looked for first (repeatable; default: .)",
    )
    return parser


def _table(found: Fingerprint) -> Iterator[str]:
    """Yield the parts as aligned lines, then the packages, then what was left out and what could not be followed."""
    width = max((len(part.label) for part in found.parts), default=0)
    for part in found.parts:
        yield f"{part.label:<{width}}  {part.digest[:8]}  {_place(part.file, part.line)}".rstrip()
    yield from _rest(found)


def _tree(found: Fingerprint) -> Iterator[str]:
    """Yield the parts, each indented below the one that led to it."""
    parts = {part.key: part for part in found.parts}
    below: dict[str | None, list[Part]] = {}
    for part in found.parts:
        parent = found.parents.get(part.key)
        below.setdefault(parent if parent in parts and parent != part.key else None, []).append(part)
    stack = [(part, 0) for part in reversed(below.get(None, []))]
    while stack:
        part, depth = stack.pop()
        yield f"{'  ' * depth}{part.label}  {_place(part.file, part.line)}".rstrip()
        stack.extend((one, depth + 1) for one in reversed(below.get(part.key, [])))
    yield from _rest(found)


def _rest(found: Fingerprint) -> Iterator[str]:
    for name, version in found.packages:
        yield f"package:{name} {version}"
    for part in found.ignored:
        yield f"ignored: {part.label} at {_place(part.file, part.line)}"
    for one in found.opaque:
        yield f"opaque: {one.what} at {_place(one.file, one.line)}"


def _place(file: str | None, line: int) -> str:
    if file is None:
        return ""
    near = os.path.relpath(file)
    return f"{file if near.startswith('..') else near}:{line}" if line else near


def _json(target: str, found: Fingerprint) -> bytes:
    return orjson.dumps(
        {
            "target": target,
            "scheme": SCHEME,
            "record": record(found),
            "parts": [
                {**part._asdict(), "key": part.key, "parent": found.parents.get(part.key)} for part in found.parts
            ],
            "packages": dict(found.packages),
            "ignored": [part._asdict() for part in found.ignored],
            "opaque": [one._asdict() for one in found.opaque],
        },
        option=orjson.OPT_INDENT_2,
    )


if __name__ == "__main__":
    sys.exit(main())
