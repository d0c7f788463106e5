"""A commit of the whole project in a folder of its own, and the make commands of a maintainer in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

ROOT = Path(__file__).parents[2]
_COMMITTED_AT = "2026-11-20T12:00:00+00:00"
_IDENTITY = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org", "-c", "commit.gpgsign=false")


def project_files() -> list[str]:
    """The files of this project: what git has, or would take."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted(name for name in set(listed.stdout.split("\0")) if name and (ROOT / name).is_file())


@frozen
class Checkout:
    """The folder of a checkout."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> Checkout:
        """Commit a copy of the project as it is now, always at the same time."""
        for name in project_files():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target)  # with its mode
        checkout = cls(folder)
        checkout.git("init", "--quiet")
        checkout.commit()
        return checkout

    def commit(self) -> None:
        """Commit everything."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "Everything")

    def git(self, *arguments: str) -> None:
        """Run git, which has to go well."""
        dates = {"GIT_COMMITTER_DATE": _COMMITTED_AT, "GIT_AUTHOR_DATE": _COMMITTED_AT}
        subprocess.run(
            ["git", *_IDENTITY, *arguments], cwd=self.folder, env={**os.environ, **dates}, check=True, timeout=300
        )

    def try_make(
        self, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run make, with the packages of this Python: what a step would install is taken to be there."""
        venv = self.folder.parent / "venv"  # make takes none with a space in its name, which ours may have
        if not venv.exists():
            venv.symlink_to(sys.prefix)
        installed = [f"--assume-old={venv}/.stamps/{name}" for name in ("pip", "locked-generate", "locked-dist")]
        return run_make(self.folder, *installed, f"VENV={venv}", *arguments, environment=environment)

    def make_target(self, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
        """Run make, which has to go well; what it said."""
        done = self.try_make(*arguments, environment=environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def run_make(
    folder: Path, *arguments: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run make in a folder, as from a shell: also where these tests are run by another make."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "SOURCE_DATE_EPOCH")
    }
    return subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env={**inherited, **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
