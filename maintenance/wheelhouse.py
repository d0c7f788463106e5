"""Download the wheels of pinned requirements, for this machine or others: `python -m maintenance.wheelhouse --help`.

pip picks the wheels of another platform when it is told which, but still decides by the markers of the machine it runs
on, so that a package that only Windows needs is not downloaded on Linux (tried with pip 26.3). Here the markers are
decided first, for the machine that was asked for.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from packaging.requirements import Requirement

_MARKERS = ("sys_platform", "platform_system", "os_name")
_SYSTEMS = {
    "manylinux": ("linux", "Linux", "posix"),
    "musllinux": ("linux", "Linux", "posix"),
    "macosx": ("darwin", "Darwin", "posix"),
    "pyemscripten": ("emscripten", "Emscripten", "posix"),
    "win": ("win32", "Windows", "nt"),
}
_PLATFORM = re.compile(rf"({'|'.join(_SYSTEMS)})(?:20\d\d|_(\d+)_(\d+))?_?(.+)")


def markers(platform: str | None, python: str | None) -> dict[str, str]:
    """The values of requirement markers on a machine; values that are not given are those of this machine."""
    found: dict[str, str] = {}
    if platform:
        system, _, _, machine = _parts(platform)
        found = dict(zip(_MARKERS, _SYSTEMS[system], strict=True))
        # Windows writes its machines in capitals.
        found["platform_machine"] = machine.upper() if system == "win" else machine
        found |= {"implementation_name": "cpython", "platform_python_implementation": "CPython"}
    if python:
        python = python.removesuffix("t")
        found["python_version"] = ".".join(python.split(".")[:2])
        found["python_full_version"] = python if python.count(".") > 1 else f"{python}.0"
    return found


def compatible(platform: str) -> list[str]:
    """The platform and the older ones whose wheels run on it, as far as pip does not know them by itself."""
    system, major, minor, machine = _parts(platform)
    if system not in ("manylinux", "musllinux") or minor is None:
        return [platform]
    found = [f"{system}_{major}_{number}_{machine}" for number in range(int(minor), 0, -1)]
    return [*found, *([f"manylinux2014_{machine}"] if system == "manylinux" and int(minor) >= 17 else [])]


def needed(lock: str, environment: Mapping[str, str]) -> Iterator[str]:
    """The lines of a file of pinned requirements that hold on a machine, with their hashes, without their markers."""
    for line in re.sub(r"\\\n", " ", lock).splitlines():
        stated, *hashes = re.split(r"\s+--hash=", line.strip())
        if not stated or stated.startswith("#"):
            continue
        requirement = Requirement(stated)
        if requirement.marker is None or requirement.marker.evaluate(dict(environment)):
            requirement.marker = None
            yield " ".join([str(requirement), *(f"--hash={value}" for value in hashes)])


def download(folder: Path, locks: list[Path], platform: str | None, python: str | None) -> None:
    """Put the wheels for one machine into a folder; pip checks their hashes."""
    environment = markers(platform, python)
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]
    command += ["--require-hashes", "--only-binary", ":all:", "--dest", str(folder)]
    command += ["--implementation", "cp"] if platform or python else []
    command += [f"--platform={name}" for name in (compatible(platform) if platform else [])]
    if python:
        version = python.removesuffix("t")
        command += ["--python-version", version]
        if version != python:  # a free-threaded build
            command += ["--abi", f"cp{''.join(version.split('.')[:2])}t", "--abi", "none"]
    with tempfile.TemporaryDirectory() as scratch:
        for lock in locks:
            chosen = Path(scratch, lock.name)
            chosen.write_text("\n".join(needed(lock.read_text(encoding="utf-8"), environment)), encoding="utf-8")
            command += ["--requirement", str(chosen)]
        subprocess.run(command, check=True)  # noqa: S603  # no shell, our own words


def _parts(platform: str) -> tuple[str, str | None, str | None, str]:
    found = _PLATFORM.fullmatch(platform)
    if not found:
        raise SystemExit(f"{platform!r} is no platform of wheels, such as manylinux2014_x86_64 or macosx_11_0_arm64")
    system, major, minor, machine = found.groups()
    return system, major, minor, machine


def main() -> None:
    """Download for each combination of the platforms and the Pythons that are asked for."""
    parser = argparse.ArgumentParser(prog="python -m maintenance.wheelhouse", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the wheels go")
    parser.add_argument("locks", type=Path, nargs="+", metavar="lock", help="a file of pinned requirements with hashes")
    parser.add_argument("--platform", nargs="*", default=[], help="platforms, as wheels name them; this one by default")
    parser.add_argument("--python", nargs="*", default=[], help="such as 3.12, or 3.14t; this one by default")
    arguments = parser.parse_args()
    for platform in arguments.platform or [None]:
        for python in arguments.python or [None]:
            print(f"Wheels for {platform or 'this platform'}, Python {python or 'as here'}", flush=True)
            try:
                download(arguments.folder, arguments.locks, platform, python)
            except subprocess.CalledProcessError as error:
                raise SystemExit(f"not all wheels are there for {platform}, Python {python}; see above") from error
    print(f"{len(list(arguments.folder.glob('*.whl')))} wheels in {arguments.folder}")


if __name__ == "__main__":
    main()
