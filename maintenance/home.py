"""`make home`: set the addresses at which the project is published, wherever they stand."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILES = ("pyproject.toml", "README.md", "CHANGELOG.md", "mkdocs.yml")


def set_home(folder: Path, home: str, source: str) -> None:
    """Replace the addresses of documentation and repository in pyproject.toml, in all files that have them."""
    for given in (home, source):
        if not re.match(r"https?://[^\s/]+", given):
            sys.exit(f"make home: {given!r} is no address: it begins with https:// and a host")
    urls = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]
    # In one pass, the longer address first: one of the repository may begin with that of the documentation.
    addresses = {urls["Source"]: source.rstrip("/") + "/", urls["Homepage"]: home.rstrip("/") + "/"}
    pattern = re.compile("|".join(map(re.escape, addresses)))
    for path in filter(Path.is_file, map(folder.joinpath, FILES)):
        text = path.read_text(encoding="utf-8")
        path.write_text(pattern.sub(lambda found: addresses[found[0]], text), encoding="utf-8")


if __name__ == "__main__":
    set_home(ROOT, *sys.argv[1:])
