"""Put the pages of the site together: docs/, pages of the root, what they link to, and the files of the HTTP API."""

from __future__ import annotations

from pathlib import Path

from maintenance.site.http_api import http_api_files
from maintenance.site.links import move_links
from maintenance.site.sources import line_anchor, source_pages, source_place

ROOT = Path(__file__).parents[2]
# Pages of the root of the repository, by their names on the site.
ROOT_PAGES = {"changelog.md": "CHANGELOG.md", "contributing.md": "CONTRIBUTING.md", "security.md": "SECURITY.md"}
# README.md is for who meets the project; on the site, index.md is in its place.
_ELSEWHERE = {"README.md": "index.md"}


def assemble(folder: Path) -> int:
    """Bring a folder up to date, and leave alone what is right already; return how many files changed."""
    wanted = site_files()
    there = [path for path in folder.rglob("*") if path.is_file()]
    old = [path for path in there if path.relative_to(folder).as_posix() not in wanted]
    for path in old:
        path.unlink()
    new = [name for name, content in wanted.items() if not _holds(folder / name, content)]
    for name in new:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(wanted[name])
    return len(old) + len(new)


def site_files() -> dict[str, bytes]:
    """Return all files of the site before it is built, by their paths on it."""
    docs = ROOT / "docs"
    there = [path.relative_to(docs).as_posix() for path in sorted(docs.rglob("*")) if path.is_file()]
    pages = {name: f"docs/{name}" for name in there if name.endswith(".md")}
    pages |= {name: page for name, page in ROOT_PAGES.items() if (ROOT / page).is_file()}
    places = {page: name for name, page in pages.items()} | _ELSEWHERE
    sources: set[str] = set()

    def moved(target: str, anchor: str) -> tuple[str, str] | None:
        if target in places:
            return places[target], anchor
        if target.startswith("docs/") or not (ROOT / target).exists():
            return None  # a picture, or what Zensical reports as missing
        sources.add(target)
        return source_place(target), line_anchor(ROOT, target, anchor)

    files = {name: (docs / name).read_bytes() for name in there if not name.endswith(".md")}
    for name, page in pages.items():
        files[name] = move_links((ROOT / page).read_text(encoding="utf-8"), page, name, moved).encode()
    return files | source_pages(ROOT, sources) | http_api_files(ROOT)


def _holds(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content
