"""Settings and fixtures of all tests."""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import certifi
import hypothesis
import pytest

from ollama_sdk.overlay._clients import functions as _functions
from ollama_sdk.overlay.testing import EmbeddedModel

# Property tests try the same examples in each run, so that none of them fails by chance; `make fuzz` (which sets
# --hypothesis-profile=fuzz) looks for new ones. No deadline: how long an example takes says how busy the machine is.
hypothesis.settings.register_profile("tests", deadline=None, derandomize=True, max_examples=150)
hypothesis.settings.register_profile("fuzz", deadline=None, max_examples=3000, print_blob=True)
hypothesis.settings.load_profile("tests")

# Another package for formats (iri) that no description of ours has: jsonschema imports it if it is there, for a second.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # None: it cannot be imported

# A shell starts what runs in the background with Ctrl-C ignored, and so would the tests of Ctrl-C ignore it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Read only the files that have slow tests for `pytest -m slow`: all of them took ten seconds, for fifty tests."""
    asked = config.option.markexpr == "slow" and collection_path.match("test_*.py")
    return (asked and "mark.slow" not in collection_path.read_text(encoding="utf-8")) or None


@pytest.fixture(autouse=True, scope="session")
def _one_authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let clients trust one authority: reading all those of certifi for each was a quarter of the suite's CPU time."""
    certificate, end, _ = certifi.contents().partition("-----END CERTIFICATE-----")
    file = tmp_path_factory.mktemp("authority") / "authority.pem"
    file.write_text(certificate + end, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(file))
        yield


@pytest.fixture(scope="session")
def model() -> Iterator[EmbeddedModel]:
    """The embedded model, loaded once."""
    # One thread: several wait for each other at each step, and so for every other program of a busy machine.
    with EmbeddedModel(threads=1) as model:
        yield model


@pytest.fixture(autouse=True, scope="module")
def _small_heap() -> None:
    """Exclude objects that exist before the tests of a module from garbage collection.

    Those are half a million objects of pytest, of the modules under test and of reports. Many tests ask for a full
    collection, which took up to half a second each.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _fresh_default_client(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give each test a default client of its own: the server of another test is gone."""
    monkeypatch.setattr(_functions, "_made", {})
    yield
    for client in _functions._made.values():
        client.close()
