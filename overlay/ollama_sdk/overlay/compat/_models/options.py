"""Options of a model, with those that servers no longer have."""

from __future__ import annotations

from ollama_sdk.generated import models
from ollama_sdk.overlay.compat._models.base import SubscriptableBaseModel


class Options(
    SubscriptableBaseModel,
    models.Options,
    fields="numa num_ctx num_batch num_gpu main_gpu low_vram f16_kv logits_all vocab_only use_mmap use_mlock "
    "embedding_only num_thread num_keep seed num_predict top_k top_p tfs_z typical_p repeat_last_n temperature "
    "repeat_penalty presence_penalty frequency_penalty mirostat mirostat_tau mirostat_eta penalize_newline stop",
):
    """How a model is loaded and how it writes. A mapping instead may have options that are not here."""

    # What servers no longer have, and leave out with a warning.
    numa: bool | None = None
    low_vram: bool | None = None
    f16_kv: bool | None = None
    logits_all: bool | None = None
    vocab_only: bool | None = None
    use_mlock: bool | None = None
    embedding_only: bool | None = None
    tfs_z: float | None = None
    mirostat: int | None = None
    mirostat_tau: float | None = None
    mirostat_eta: float | None = None
    penalize_newline: bool | None = None
