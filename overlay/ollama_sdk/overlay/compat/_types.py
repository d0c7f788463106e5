"""The module `ollama._types`: all models, and the errors."""

# ruff: noqa: F403

from ollama_sdk.overlay.compat._errors import RequestError as RequestError
from ollama_sdk.overlay.compat._errors import ResponseError as ResponseError
from ollama_sdk.overlay.compat._models.base import SubscriptableBaseModel as SubscriptableBaseModel
from ollama_sdk.overlay.compat._models.chat import *
from ollama_sdk.overlay.compat._models.image import Image as Image
from ollama_sdk.overlay.compat._models.requests import *
from ollama_sdk.overlay.compat._models.responses import *
from ollama_sdk.overlay.compat._models.systemone import *
from ollama_sdk.overlay.compat._models.values import ByteSize as ByteSize
