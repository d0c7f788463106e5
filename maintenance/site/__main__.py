"""Build the documentation site into site/, or serve it and follow changes: `python -m maintenance.site [--serve]`."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from contextlib import suppress

from maintenance.site.assemble import ROOT, assemble

PAGES = ROOT / ".build" / "docs"


def main() -> int:
    """Build or serve the site; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m maintenance.site", description=__doc__)
    parser.add_argument("--serve", action="store_true", help="serve the site until Ctrl-C, and follow what changes")
    parser.add_argument("--address", default="localhost:8000", help="where to serve it")
    arguments = parser.parse_args()
    assemble(PAGES)
    zensical = [sys.executable, "-m", "zensical"]
    if not arguments.serve:
        return build(zensical)
    command = [*zensical, "serve", "--dev-addr", arguments.address]
    with subprocess.Popen(command, cwd=ROOT) as server, suppress(KeyboardInterrupt):  # noqa: S603  # no shell
        while server.poll() is None:
            time.sleep(0.5)
            assemble(PAGES)
        print("Elsewhere: make docs-serve ARGS='--address localhost:8001'", file=sys.stderr)
        return 1
    return 0


def build(zensical: list[str]) -> int:
    """Build the site; a warning is a failure."""
    command = [*zensical, "build", "--clean", "--strict"]
    done = subprocess.run(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False)  # noqa: S603
    # After its warnings, it shows by a traceback that it ends.
    told, _, rest = done.stderr.partition("Traceback (most recent call last)")
    told = told if "Aborted because --strict" in rest else done.stderr
    sys.stderr.write(told if sys.stderr.isatty() else re.sub(r"\x1b\[[\d;]*m", "", told))
    # griffe tells of docstrings that do not fit what they describe, which Zensical does not count.
    status = done.returncode or int("griffe: " in done.stderr)
    if status == 0:
        print("The site is in site/; open site/index.html")
    return status


if __name__ == "__main__":
    sys.exit(main())
