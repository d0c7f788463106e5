"""The public face of batches: names, signatures, and what importing loads."""

from __future__ import annotations

import inspect
import subprocess
import sys

import attrs
import pytest

from ollama_sdk.overlay import batch
from ollama_sdk.overlay.batch import _settings


@pytest.mark.parametrize("name", batch.__all__)
def test_every_public_name_has_a_docstring(name: str):
    assert inspect.getdoc(getattr(batch, name))


def test_the_arguments_that_are_told_are_those_that_are_taken():
    assert set(_settings.Arguments.__annotations__) == {field.name for field in attrs.fields(_settings.Settings)}


def test_a_misspelt_argument_is_a_type_error():
    with pytest.raises(TypeError, match="concurency"):
        batch.run(["a"], {"model": "m", "prompt": "{item}"}, concurency=4)  # type: ignore[call-overload]


def test_the_sdk_does_not_load_batches_and_batches_do_not_load_extras():
    code = """
import sys
import ollama_sdk.overlay
assert not [name for name in sys.modules if name.startswith("ollama_sdk.overlay.batch")]
from ollama_sdk.overlay import batch
batch.run(["a"], {"model": "m", "prompt": "{item}"})
assert not {"numpy", "tqdm", "ray", "argparse", "csv"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
