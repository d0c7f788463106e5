"""A release, rehearsed: build, publish to an index of one's own, install from it, regenerate and rebuild there.

`make rehearsal` runs it. The packages that others made are downloaded once, from wherever pip is configured to look;
from then on there is the private index and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from distribution.checkout import Checkout, project_files
from distribution.private_index import PASSWORD, USER, PrivateIndex, private_index, sealed

from ollama_sdk.overlay.testing import OllamaServer, answer

pytestmark = pytest.mark.rehearsal

BIN = Path(sys.executable).parent
CHAT = """
import sys
import ollama_sdk.generated, ollama_sdk.overlay
from ollama_sdk.overlay import Ollama
assert ollama_sdk.overlay.__file__.startswith(sys.prefix), ollama_sdk.overlay.__file__
assert ollama_sdk.generated.__file__.startswith(sys.prefix), ollama_sdk.generated.__file__
with Ollama() as client:
    print("".join(client.chat("m", [{"role": "user", "content": "Hi!"}], stream=True).text))
"""


def digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file of a folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def run(*command: str | Path, folder: Path, environment: dict[str, str]) -> str:
    """Run a program, which has to go well; what it said."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def pip_for(python: Path) -> list[str]:
    """The command of the pip that is here, for another environment: to install it there too takes seconds."""
    return [sys.executable, "-m", "pip", "--python", str(python)]


def assert_it_chats(python: Path, server: OllamaServer, folder: Path) -> None:
    """The SDK that a Python has is installed, and talks to a server."""
    server.reply("POST", "/api/chat", answer("/api/chat", ["Hello", "!"], stream=True))
    environment = sealed(folder / "home", OLLAMA_HOST=server.url)
    assert run(python, "-W", "error", "-c", CHAT, folder=folder, environment=environment) == "Hello!\n"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout with all that a company's index needs in wheelhouse/."""
    checkout = Checkout.make(tmp_path_factory.mktemp("checkout"))
    checkout.make_target("wheelhouse", "SETS=setup install numpy generate dist")
    return checkout


@pytest.fixture(scope="module")
def published(checkout: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateIndex]:
    """The index, after `make publish`, which has made dist/ in the checkout."""
    with private_index(tmp_path_factory.mktemp("index"), checkout.folder / "wheelhouse") as index:
        credentials = {"TWINE_USERNAME": USER, "TWINE_PASSWORD": PASSWORD}
        checkout.make_target("publish", f"REPOSITORY_URL={index.url}", environment=credentials)
        yield index


@pytest.fixture(scope="module")
def dist(checkout: Checkout, published: PrivateIndex) -> Path:
    """The folder of what was published."""
    return checkout.folder / "dist"


@pytest.fixture(scope="module")
def unpacked(published: PrivateIndex, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist that was published, unpacked: a project without git, in another folder, which nobody else can read."""
    folder = tmp_path_factory.mktemp("unpacked") / "another folder"
    (archive,) = published.packages.glob("ollama_sdk-*.tar.gz")
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")
    for path in folder.rglob("*"):
        path.chmod(path.stat().st_mode & 0o700)
    return next(folder.iterdir())


@pytest.fixture
def server() -> Iterator[OllamaServer]:
    with OllamaServer() as running:
        yield running


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """The Python of an empty environment, without pip."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "empty")], check=True, timeout=600)
    return tmp_path / "empty" / "bin" / "python"


def test_the_sums_are_those_of_the_files(dist: Path) -> None:
    found = digests(dist)
    del found["SHA256SUMS"]
    lines = (dist / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    assert lines == [f"{digest}  {name}" for name, digest in sorted(found.items())]


def test_the_bill_of_materials_tells_the_version_and_what_is_installed_with_it(dist: Path) -> None:
    (path,) = dist.glob("*.cdx.json")
    bill = json.loads(path.read_text(encoding="utf-8"))
    (wheel,) = dist.glob("*.whl")
    assert wheel.name.split("-")[1] == bill["metadata"]["component"]["version"]
    assert {"httpx", "attrs", "msgspec"} <= {component["name"] for component in bill["components"]}


def test_the_sdist_is_the_repository(dist: Path) -> None:
    (archive,) = dist.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {member.name.partition("/")[2] for member in opened if member.isfile()}
    assert names == {*project_files(), "PKG-INFO"}


def test_the_wheel_is_the_two_halves_and_the_licences(dist: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    halves = [name for name in project_files() if name.startswith(("generated/", "overlay/"))]
    halves = [name for name in halves if "/_source/" not in name]  # from which the clients are compiled
    code = {name for name in names if not name.startswith("ollama_sdk-")}
    assert code == {name.partition("/")[2] for name in halves}
    assert {"ollama_sdk/generated/py.typed", "ollama_sdk/overlay/py.typed"} <= code
    licences = {name.partition("/licenses/")[2] for name in names if "/licenses/" in name}
    assert licences == {"LICENSE", "LICENSES/openapi-python-client.txt"}


def test_publishing_needs_an_address(checkout: Checkout) -> None:
    done = checkout.try_make("publish")
    assert done.returncode != 0
    assert "make publish REPOSITORY_URL=" in done.stdout


def test_what_is_not_committed_is_not_published(tmp_path: Path) -> None:
    changed = Checkout.make(tmp_path)
    (changed.folder / "overlay" / "note.txt").write_text("not for others", encoding="utf-8")
    done = changed.try_make("publish", "REPOSITORY_URL=http://127.0.0.1:9")
    assert done.returncode != 0
    assert "overlay/note.txt" in done.stdout
    assert not (changed.folder / "dist").exists()


def test_what_is_published_is_what_was_built(dist: Path, published: PrivateIndex) -> None:
    built = digests(dist)
    found = {name: digest for name, digest in digests(published.packages).items() if name.startswith("ollama_sdk")}
    assert found == {name: built[name] for name in built if name.endswith((".whl", ".tar.gz"))}


def test_pip_installs_from_the_private_index(
    published: PrivateIndex, python: Path, server: OllamaServer, tmp_path: Path
) -> None:
    environment = sealed(tmp_path / "home", PIP_INDEX_URL=published.simple)
    run(python, "-m", "ensurepip", folder=tmp_path, environment=environment)  # the pip that this Python comes with
    run(python, "-m", "pip", "install", "ollama-sdk[numpy,progress,pydantic]", folder=tmp_path, environment=environment)
    assert_it_chats(python, server, tmp_path)


def test_alone_it_brings_types_and_no_tools(published: PrivateIndex, python: Path, tmp_path: Path) -> None:
    environment = sealed(tmp_path / "home", PIP_INDEX_URL=published.simple)
    pip = pip_for(python)
    run(*pip, "install", "ollama-sdk", folder=tmp_path, environment=environment)
    listed = json.loads(run(*pip, "list", "--format", "json", folder=tmp_path, environment=environment))
    tools = {"hatchling", "mypy", "numpy", "openapi-python-client", "pydantic", "pytest", "ruff", "xllamacpp"}
    assert tools.isdisjoint(package["name"] for package in listed)
    # From outside the checkout, so that the types are those of the wheel.
    sample = shutil.copy(Path(__file__).parents[1] / "typing_sample.py", tmp_path)
    run(BIN / "pyright", "--pythonpath", python, sample, folder=tmp_path, environment=dict(os.environ))


def test_uv_installs_from_the_private_index(
    published: PrivateIndex, python: Path, server: OllamaServer, tmp_path: Path
) -> None:
    environment = sealed(tmp_path / "home", UV_DEFAULT_INDEX=published.simple)
    command = [BIN / "uv", "pip", "install", "--python", python, "ollama-sdk[numpy,progress,pydantic]"]
    run(*command, folder=tmp_path, environment=environment)
    assert_it_chats(python, server, tmp_path)


def test_pip_installs_what_is_pinned_without_any_index(
    checkout: Checkout, dist: Path, python: Path, server: OllamaServer, tmp_path: Path
) -> None:
    pip, install = pip_for(python), ["install", "--no-index", "--find-links"]
    environment = sealed(tmp_path / "home")
    pinned = ["wheelhouse", "--require-hashes", "-r", "requirements/install.txt"]
    run(*pip, *install, *pinned, folder=checkout.folder, environment=environment)
    run(*pip, *install, dist, "--no-deps", "ollama-sdk", folder=checkout.folder, environment=environment)
    run(*pip, "check", folder=tmp_path, environment=environment)
    assert_it_chats(python, server, tmp_path)


def test_uv_installs_what_is_pinned_without_any_index(
    checkout: Checkout, dist: Path, python: Path, server: OllamaServer, tmp_path: Path
) -> None:
    command = [BIN / "uv", "pip", "install", "--python", python, "--no-index", "--find-links", "wheelhouse"]
    command += [
        "--find-links",
        dist,
        "--constraints",
        "requirements/install.txt",
        "ollama-sdk[progress,pydantic]",
    ]
    run(*command, folder=checkout.folder, environment=sealed(tmp_path / "home"))
    assert_it_chats(python, server, tmp_path)


def test_the_wheels_of_another_platform_are_complete(checkout: Checkout, tmp_path: Path) -> None:
    target = Checkout.make(tmp_path / "project")
    target.make_target("wheelhouse", "PLATFORMS=win_amd64 macosx_11_0_arm64", "PYTHONS=3.13")
    for platform in ("x86_64-pc-windows-msvc", "aarch64-apple-darwin"):
        command = [BIN / "uv", "pip", "install", "--dry-run", "--target", tmp_path / platform, "--no-index"]
        command += ["--python-platform", platform, "--python-version", "3.13", "--find-links", "wheelhouse"]
        command += ["--only-binary", ":all:", "--require-hashes", "-r", "requirements/install.txt"]
        run(*command, folder=target.folder, environment=sealed(tmp_path / "home"))
    assert list((target.folder / "wheelhouse").glob("colorama-*.whl")), "which only Windows needs"


def test_regenerating_there_changes_nothing(published: PrivateIndex, unpacked: Path, tmp_path: Path) -> None:
    before = digests(unpacked / "generated")
    # pip does not know the settings of uv: the Makefile hands them on.
    environment = sealed(tmp_path / "home", UV_DEFAULT_INDEX=f"company={published.simple}")
    run("make", "generate", f"PYTHON={sys.executable}", folder=unpacked, environment=environment)
    assert digests(unpacked / "generated") == before


def test_rebuilding_there_gives_the_same_bytes(
    dist: Path, published: PrivateIndex, unpacked: Path, tmp_path: Path
) -> None:
    environment = sealed(tmp_path / "home", PIP_INDEX_URL=published.simple)
    words = ["dist", "check-dist", f"PYTHON={sys.executable}"]
    run("make", *words, folder=unpacked, environment=environment)
    found = digests(unpacked / "dist")
    assert {Path(name).suffix for name in found} == {".whl", ".gz", ".json", ""}
    assert found == digests(dist)
