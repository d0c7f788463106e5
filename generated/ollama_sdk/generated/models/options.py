"""The model Options, compiled from the API description."""

from __future__ import annotations

from ..types import Model as _Model
from ..types import model as _model


@_model
class Options(_Model):
    """Settings of the runtime and of the sampling. Unknown keys are ignored by the server, null values are skipped,
    and a value of the wrong type is a 500.

    Attributes:
        num_ctx: Length of the context, in tokens. Unset takes the server's setting, else 4096, 32768 or 262144 by
            the amount of video memory. A change reloads the model.
        num_batch: Number of prompt tokens evaluated at once. The default is 512, another one for embedding
            models, and at most the context length. A change reloads the model.
        num_gpu: Number of layers put on the GPU. The default, -1, leaves it to the server. A change reloads the
            model.
        main_gpu: Index of the GPU that does the work which is not spread. Unset is not the same as 0. A change
            reloads the model.
        use_mmap: Whether the model file is mapped into memory. Unset is not the same as false. A change reloads
            the model.
        num_thread: Number of CPU threads. The default, 0, leaves it to the runtime. A change reloads the model.
        draft_num_predict: Number of tokens the draft model guesses ahead. The default is 4, or 0 for a model
            without a draft part. A change reloads the model.
        num_keep: Number of tokens at the start of the prompt that survive when the context is shifted. The
            default is 4.
        seed: Start value of the random numbers; the same seed gives the same answer. The default, -1, picks one
            at random.
        num_predict: Largest number of tokens to generate. The default, -1, sets no limit, though the server still
            stops at a multiple of the context length.
        top_k: Number of likeliest tokens to choose from. The default is 40.
        top_p: Share of the probability mass to choose from, 0 to 1. The default is 0.9.
        min_p: Lowest probability a token may have, as a share of that of the likeliest one, 0 to 1. The default
            is 0, which is off.
        typical_p: Share of the probability mass kept by locally typical sampling, 0 to 1. The default is 1, which
            is off.
        repeat_last_n: Number of latest tokens in which repetitions are looked for. The default is 64.
        temperature: How much chance there is in the choice of a token; 0 always takes the likeliest one. The
            default is 0.8.
        repeat_penalty: Factor by which repeated tokens are made less likely. The default is 1, which is off.
        presence_penalty: Amount taken from tokens that have occurred at all. The default is 0, which is off.
        frequency_penalty: Amount taken from tokens for each time they have occurred. The default is 0, which is
            off.
        stop: Texts that end the answer; they are not part of it. Always a list, a bare string is an error.
    """

    num_ctx: int | None = None
    """Length of the context, in tokens. Unset takes the server's setting, else 4096, 32768 or 262144 by the amount of
    video memory. A change reloads the model."""
    num_batch: int | None = None
    """Number of prompt tokens evaluated at once. The default is 512, another one for embedding models, and at most the
    context length. A change reloads the model."""
    num_gpu: int | None = None
    """Number of layers put on the GPU. The default, -1, leaves it to the server. A change reloads the model."""
    main_gpu: int | None = None
    """Index of the GPU that does the work which is not spread. Unset is not the same as 0. A change reloads the model."""
    use_mmap: bool | None = None
    """Whether the model file is mapped into memory. Unset is not the same as false. A change reloads the model."""
    num_thread: int | None = None
    """Number of CPU threads. The default, 0, leaves it to the runtime. A change reloads the model."""
    draft_num_predict: int | None = None
    """Number of tokens the draft model guesses ahead. The default is 4, or 0 for a model without a draft part. A
    change reloads the model."""
    num_keep: int | None = None
    """Number of tokens at the start of the prompt that survive when the context is shifted. The default is 4."""
    seed: int | None = None
    """Start value of the random numbers; the same seed gives the same answer. The default, -1, picks one at random."""
    num_predict: int | None = None
    """Largest number of tokens to generate. The default, -1, sets no limit, though the server still stops at a
    multiple of the context length."""
    top_k: int | None = None
    """Number of likeliest tokens to choose from. The default is 40."""
    top_p: float | None = None
    """Share of the probability mass to choose from, 0 to 1. The default is 0.9."""
    min_p: float | None = None
    """Lowest probability a token may have, as a share of that of the likeliest one, 0 to 1. The default is 0, which is
    off."""
    typical_p: float | None = None
    """Share of the probability mass kept by locally typical sampling, 0 to 1. The default is 1, which is off."""
    repeat_last_n: int | None = None
    """Number of latest tokens in which repetitions are looked for. The default is 64."""
    temperature: float | None = None
    """How much chance there is in the choice of a token; 0 always takes the likeliest one. The default is 0.8."""
    repeat_penalty: float | None = None
    """Factor by which repeated tokens are made less likely. The default is 1, which is off."""
    presence_penalty: float | None = None
    """Amount taken from tokens that have occurred at all. The default is 0, which is off."""
    frequency_penalty: float | None = None
    """Amount taken from tokens for each time they have occurred. The default is 0, which is off."""
    stop: list[str] | None = None
    """Texts that end the answer; they are not part of it. Always a list, a bare string is an error."""
