"""Every link and every anchor of the site leads somewhere, and so does every public name."""

from __future__ import annotations

import re
import zlib
from functools import cache
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import pytest
from documents import ROOT, URLS

OVERLAY = ROOT / "overlay" / "ollama_sdk"
MODULES = sorted(
    path.relative_to(OVERLAY).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
    for path in OVERLAY.rglob("*.py")
    if "/_" not in path.relative_to(OVERLAY).as_posix().replace("/__init__.py", "")
)
# What a page loads, and where it leads.
ADDRESSES = {"href", "src"}


class Page(HTMLParser):
    """The addresses in a page, and the places in it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.addresses: set[str] = set()
        self.anchors: set[str] = {""}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ADDRESSES and value is not None:
                self.addresses.add(value)
            elif name == "id" or (name == "name" and tag == "a"):
                self.anchors.add(value or "")


@cache
def parsed(path: Path) -> Page:
    return Page(path)


def test_each_link_leads_to_a_file_and_a_place_in_it(site: Path) -> None:
    broken = []
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 50
    for page in pages:
        for address in parsed(page).addresses:
            if urlsplit(address).scheme:
                continue
            path, anchor = urldefrag(address)
            target = (page.parent / unquote(path)).resolve() if path else page
            if not target.is_file():
                broken.append(f"{page.relative_to(site)}: {address}")
            elif target.suffix == ".html" and unquote(anchor) not in parsed(target).anchors:
                broken.append(f"{page.relative_to(site)}: {address}, which has no such place")
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md", "pyproject.toml"])
def test_the_links_to_the_site_lead_to_its_pages(site: Path, name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    addresses = set(re.findall(rf"{re.escape(URLS['Homepage'])}([^)\s\"'`>]*)", text))
    addresses = {address for address in addresses if not address.startswith("source/")}  # where the repository is
    for address in addresses:
        path, anchor = urldefrag(address)
        target = site / (path or "index.html")
        assert target.is_file(), f"{name} links to {address}"
        assert target.suffix != ".html" or anchor in parsed(target).anchors, f"{name} links to {address}"


@pytest.mark.parametrize("module", MODULES)
def test_each_public_name_has_its_place_in_the_reference(site: Path, module: str) -> None:
    inventory = (site / "objects.inv").read_bytes()
    lines = zlib.decompress(inventory.split(b"\n", 4)[4]).decode().splitlines()
    places = {name: place for name, _, _, place, *_ in (line.split(" ") for line in lines)}
    path = f"ollama_sdk.{module}"
    for name in import_module(path).__all__:
        place = places.get(f"{path}.{name}", "")
        assert place.startswith("reference/"), f"{path}.{name} is on no page of docs/reference"
        file, anchor = urldefrag(place.replace("$", f"{path}.{name}"))
        assert anchor in parsed(site / file).anchors
