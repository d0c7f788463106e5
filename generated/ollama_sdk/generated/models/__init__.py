"""All data models of the API, each imported when it is first used."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .capability import Capability
    from .chat_request import ChatRequest
    from .chat_response import ChatResponse
    from .cloud_status import CloudStatus
    from .cloud_switch_source import CloudSwitchSource
    from .copy_request import CopyRequest
    from .create_info import CreateInfo
    from .create_request import CreateRequest
    from .debug_info import DebugInfo
    from .delete_request import DeleteRequest
    from .done_reason import DoneReason
    from .embed_request import EmbedRequest
    from .embed_response import EmbedResponse
    from .embedding_request import EmbeddingRequest
    from .embedding_response import EmbeddingResponse
    from .error_response import ErrorResponse
    from .file_digests import FileDigests
    from .generate_request import GenerateRequest
    from .generate_response import GenerateResponse
    from .json_format import JsonFormat
    from .json_schema import JsonSchema
    from .list_model_response import ListModelResponse
    from .list_response import ListResponse
    from .logprob import Logprob
    from .message import Message
    from .model_details import ModelDetails
    from .model_info import ModelInfo
    from .model_recommendation import ModelRecommendation
    from .model_recommendations_response import ModelRecommendationsResponse
    from .options import Options
    from .process_model_response import ProcessModelResponse
    from .process_response import ProcessResponse
    from .progress_response import ProgressResponse
    from .pull_request import PullRequest
    from .push_request import PushRequest
    from .quantization_type import QuantizationType
    from .role import Role
    from .show_request import ShowRequest
    from .show_response import ShowResponse
    from .signin_error_response import SigninErrorResponse
    from .status_error import StatusError
    from .status_response import StatusResponse
    from .system_one_answer import SystemOneAnswer
    from .system_one_answers import SystemOneAnswers
    from .system_one_legend import SystemOneLegend
    from .system_one_object import SystemOneObject
    from .system_one_probabilities import SystemOneProbabilities
    from .system_one_question import SystemOneQuestion
    from .system_one_questions import SystemOneQuestions
    from .system_one_request import SystemOneRequest
    from .system_one_response import SystemOneResponse
    from .system_one_type import SystemOneType
    from .system_one_usage import SystemOneUsage
    from .tensor import Tensor
    from .think_level import ThinkLevel
    from .token_logprob import TokenLogprob
    from .tool import Tool
    from .tool_arguments import ToolArguments
    from .tool_call import ToolCall
    from .tool_call_function import ToolCallFunction
    from .tool_function import ToolFunction
    from .tool_function_parameters import ToolFunctionParameters
    from .tool_parameters_type import ToolParametersType
    from .tool_properties import ToolProperties
    from .tool_property import ToolProperty
    from .tool_type import ToolType
    from .user_response import UserResponse
    from .version_response import VersionResponse
    from .web_fetch_request import WebFetchRequest
    from .web_fetch_response import WebFetchResponse
    from .web_search_request import WebSearchRequest
    from .web_search_response import WebSearchResponse
    from .web_search_result import WebSearchResult

_MODULES = {
    "ChatRequest": "chat_request",
    "GenerateRequest": "generate_request",
    "EmbedRequest": "embed_request",
    "EmbeddingRequest": "embedding_request",
    "SystemOneRequest": "system_one_request",
    "SystemOneObject": "system_one_object",
    "SystemOneQuestions": "system_one_questions",
    "SystemOneQuestion": "system_one_question",
    "ShowRequest": "show_request",
    "CreateRequest": "create_request",
    "CreateInfo": "create_info",
    "PullRequest": "pull_request",
    "PushRequest": "push_request",
    "CopyRequest": "copy_request",
    "DeleteRequest": "delete_request",
    "WebSearchRequest": "web_search_request",
    "WebFetchRequest": "web_fetch_request",
    "Message": "message",
    "ToolCall": "tool_call",
    "ToolCallFunction": "tool_call_function",
    "ToolArguments": "tool_arguments",
    "Tool": "tool",
    "ToolFunction": "tool_function",
    "ToolFunctionParameters": "tool_function_parameters",
    "ToolProperties": "tool_properties",
    "ToolProperty": "tool_property",
    "JsonSchema": "json_schema",
    "FileDigests": "file_digests",
    "Options": "options",
    "ChatResponse": "chat_response",
    "GenerateResponse": "generate_response",
    "Logprob": "logprob",
    "TokenLogprob": "token_logprob",
    "DebugInfo": "debug_info",
    "EmbedResponse": "embed_response",
    "SystemOneResponse": "system_one_response",
    "SystemOneAnswers": "system_one_answers",
    "SystemOneAnswer": "system_one_answer",
    "SystemOneLegend": "system_one_legend",
    "SystemOneProbabilities": "system_one_probabilities",
    "SystemOneUsage": "system_one_usage",
    "EmbeddingResponse": "embedding_response",
    "ProgressResponse": "progress_response",
    "ListResponse": "list_response",
    "ListModelResponse": "list_model_response",
    "ProcessResponse": "process_response",
    "ProcessModelResponse": "process_model_response",
    "ModelDetails": "model_details",
    "ShowResponse": "show_response",
    "ModelInfo": "model_info",
    "Tensor": "tensor",
    "VersionResponse": "version_response",
    "StatusResponse": "status_response",
    "CloudStatus": "cloud_status",
    "UserResponse": "user_response",
    "ModelRecommendationsResponse": "model_recommendations_response",
    "ModelRecommendation": "model_recommendation",
    "WebSearchResponse": "web_search_response",
    "WebSearchResult": "web_search_result",
    "WebFetchResponse": "web_fetch_response",
    "ErrorResponse": "error_response",
    "SigninErrorResponse": "signin_error_response",
    "StatusError": "status_error",
    "SystemOneType": "system_one_type",
    "Role": "role",
    "ThinkLevel": "think_level",
    "JsonFormat": "json_format",
    "ToolType": "tool_type",
    "ToolParametersType": "tool_parameters_type",
    "DoneReason": "done_reason",
    "Capability": "capability",
    "QuantizationType": "quantization_type",
    "CloudSwitchSource": "cloud_switch_source",
}


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f".{module}", __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted(_MODULES)


__all__ = (
    "Capability",
    "ChatRequest",
    "ChatResponse",
    "CloudStatus",
    "CloudSwitchSource",
    "CopyRequest",
    "CreateInfo",
    "CreateRequest",
    "DebugInfo",
    "DeleteRequest",
    "DoneReason",
    "EmbeddingRequest",
    "EmbeddingResponse",
    "EmbedRequest",
    "EmbedResponse",
    "ErrorResponse",
    "FileDigests",
    "GenerateRequest",
    "GenerateResponse",
    "JsonFormat",
    "JsonSchema",
    "ListModelResponse",
    "ListResponse",
    "Logprob",
    "Message",
    "ModelDetails",
    "ModelInfo",
    "ModelRecommendation",
    "ModelRecommendationsResponse",
    "Options",
    "ProcessModelResponse",
    "ProcessResponse",
    "ProgressResponse",
    "PullRequest",
    "PushRequest",
    "QuantizationType",
    "Role",
    "ShowRequest",
    "ShowResponse",
    "SigninErrorResponse",
    "StatusError",
    "StatusResponse",
    "SystemOneAnswer",
    "SystemOneAnswers",
    "SystemOneLegend",
    "SystemOneObject",
    "SystemOneProbabilities",
    "SystemOneQuestion",
    "SystemOneQuestions",
    "SystemOneRequest",
    "SystemOneResponse",
    "SystemOneType",
    "SystemOneUsage",
    "Tensor",
    "ThinkLevel",
    "TokenLogprob",
    "Tool",
    "ToolArguments",
    "ToolCall",
    "ToolCallFunction",
    "ToolFunction",
    "ToolFunctionParameters",
    "ToolParametersType",
    "ToolProperties",
    "ToolProperty",
    "ToolType",
    "UserResponse",
    "VersionResponse",
    "WebFetchRequest",
    "WebFetchResponse",
    "WebSearchRequest",
    "WebSearchResponse",
    "WebSearchResult",
)
