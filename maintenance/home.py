"""`make home`: set the addresses at which the project is published, wherever they stand."""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILES = ("pyproject.toml", "README.md", "CHANGELOG.md", "mkdocs.yml")


def main(arguments: Sequence[str] | None = None) -> int:
    """Replace the addresses of pyproject.toml by others, in all files that have them; the exit status is 0."""
    parser = argparse.ArgumentParser(prog="make home", description=__doc__)
    parser.add_argument("url", help="where the documentation is, such as https://sdk.example/")
    parser.add_argument("--source", help="where the repository is; by default source/ below the documentation")
    options = parser.parse_args(arguments)
    home = _address(options.url)
    set_home(ROOT, home, _address(options.source or f"{home}source/"))
    return 0


def set_home(folder: Path, home: str, source: str) -> list[Path]:
    """Set the addresses of the documentation and of the repository.

    Args:
        folder: The project.
        home: The address of the documentation, with a slash at its end.
        source: The address of the repository, with a slash at its end.

    Returns:
        The files that changed.
    """
    urls = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]
    # In one pass, the longer address first: one of the repository may begin with that of the documentation.
    addresses = {urls["Source"]: source, urls["Homepage"]: home}
    pattern = re.compile("|".join(map(re.escape, addresses)))
    changed = []
    for path in (folder / name for name in FILES):
        if not path.is_file():
            continue
        text = path.read_text(encoding="utf-8")
        new = pattern.sub(lambda found: addresses[found[0]], text)
        if new != text:
            path.write_text(new, encoding="utf-8")
            changed.append(path)
    return changed


def _address(given: str) -> str:
    if not re.match(r"https?://[^\s/]+", given):
        sys.exit(f"make home: {given!r} is no address: it begins with https:// and a host")
    return given.rstrip("/") + "/"


if __name__ == "__main__":
    sys.exit(main())
