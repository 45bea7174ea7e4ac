"""Runs benchmarks: all, or those named. Each is a module here with a ``main`` that prints figures, ratios and limits.

A benchmark fails nothing: machines differ and are noisy, so what is compared is measured in turn, in one run, and
medians count.
"""

import compileall
import importlib
import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all."""
    known = sorted(path.stem for path in HERE.glob("*.py") if path.stem not in ("run", "measure"))
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"no benchmark {unknown[0]!r}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # a tool without compiled modules starts several times slower
    for source in ROOT.glob("packages/*/src"):
        compileall.compile_dir(str(source), quiet=1)
    sys.path.insert(0, str(HERE))
    for name in names or known:
        print(f"\n## {name}", flush=True)
        importlib.import_module(name).main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
