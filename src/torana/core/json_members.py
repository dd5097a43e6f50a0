"""What the member names of the dialects' bodies say of the texts in them: whose words, which are structure, which are sealed.

Plain lists and the questions asked of them; it reads no JSON. Called by ``json_places``.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping

ROLES: Mapping[str, str] = {
    "system": "system", "developer": "system", "user": "user", "human": "user", "assistant": "assistant",
    "model": "assistant", "chatbot": "assistant", "tool": "tool", "function": "tool",
}  # fmt: skip
"""Values of a ``role`` member → the role."""

MEMBERS: Mapping[str, str] = {
    **dict.fromkeys(("system", "instructions", "systemInstruction", "system_instruction", "preamble"), "system"),
    **dict.fromkeys(("prompt", "query", "contents", "input", "inputs", "texts", "message"), "user"),
    **dict.fromkeys(("documents", "functionResponse", "function_response"), "tool"),
    **dict.fromkeys(
        (
            "tools", "functions", "functionDeclarations", "function_declarations", "response_format", "tool_choice",
            "toolConfig", "responseSchema", "response_schema", "responseJsonSchema",
        ),
        "definition",
    ),
    **dict.fromkeys(("arguments", "args", "partial_json"), "arguments"),
}  # fmt: skip
"""Names of members → the role of what is in them, unless a ``role`` below says otherwise."""

TYPES: Mapping[str, Mapping[str, str]] = {
    **{kind: {"input": "arguments"} for kind in ("tool_use", "server_tool_use", "custom_tool_call", "mcp_tool_use")},
    **{kind: {"content": "tool"} for kind in ("tool_result", "web_search_tool_result", "mcp_tool_result")},
    **{kind: {"output": "tool"} for kind in ("function_call_output", "custom_tool_call_output", "mcp_call")},
    "response.function_call_arguments.delta": {"delta": "arguments"},
    "response.mcp_call_arguments.delta": {"delta": "arguments"},
    "response.custom_tool_call_input.delta": {"delta": "arguments"},
    "tool_arguments": {"text": "arguments"},
}
"""Values of a ``type`` member → the role of members beside it."""

FREE = frozenset(
    {
        "arguments", "args", "parameters", "properties", "input_schema", "inputSchema", "schema", "metadata", "labels",
        "responseSchema", "responseJsonSchema", "structuredContent",
    }
)  # fmt: skip
"""Members in which every name is somebody's own: names and numbers are looked at there, and no name means structure."""
FREE_IN_TYPES = frozenset({"arguments", "tool"})

MARKS = frozenset({"index", "output_index", "content_index", "summary_index", "item_id", "thought", "place"})
"""Members that tell which of several texts a piece of a stream belongs to."""
PIECES = frozenset({"text", "reasoning", "refusal", "tool_arguments"})
"""Types of the events of our own dialects that bring a piece of a text."""

STRUCTURE = frozenset(
    {
        "type", "role", "model", "id", "object", "finish_reason", "finishReason", "stop_reason", "status", "tool_call_id",
        "call_id", "tool_use_id", "item_id", "response_id", "responseId", "previous_response_id", "encoding_format",
        "media_type", "mime_type", "mimeType", "detail", "service_tier", "system_fingerprint", "size", "quality", "effort",
        "obfuscation", "modelVersion", "blockReason", "category", "probability", "tool_choice", "modality", "file_id",
        "event_id", "container", "voice", "truncation", "summary_type", "generation_id",
    }
)  # fmt: skip
"""Members whose values are short words of the dialects and ids."""
SEALED = frozenset(
    {
        "signature", "thoughtSignature", "thought_signature", "encrypted_content", "data", "b64_json", "file_data", "bytes",
        "partial_image_b64", "embedding", "encrypted_index", "audio", "result",
    }
)  # fmt: skip
"""Members whose values are Base64: pictures, sounds, files, and what only its maker can read."""

TOLD = frozenset({"content", "text"})
"""Members that hold what is said, never a file (``json_files``)."""
WORDS_BEGIN = 96
"""Letters of Base64 by which text is known."""

_STANDARD = str.maketrans("-_", "+/")
_WORD = re.compile(r"[\w./:+-]{0,128}")
_BASE64 = re.compile(r"[A-Za-z0-9+/_=-]{64,}")
_DATA_URL = re.compile(r"data:[\w.+-]+/[\w.+-]+(?:;[\w=.+-]+)*;base64,[A-Za-z0-9+/_=-]*")
_NAME = re.compile(r"[A-Za-z_$][A-Za-z_]{0,39}")


def marks_pieces(kind: str) -> bool:
    """Whether the value of a ``type`` tells pieces of one text from those of another."""
    return kind in PIECES or kind.endswith("delta")


def is_structure(name: str, value: str) -> bool:
    """Whether a value need not be looked at, outside of what is free: an enum, an id, or something sealed."""
    if name in STRUCTURE:
        return _WORD.fullmatch(value) is not None
    return name in SEALED and _BASE64.fullmatch(value) is not None


def is_data_url(value: str) -> bool:
    """Whether it is a file written as a URL: Base64, all of it."""
    return value.startswith("data:") and _DATA_URL.fullmatch(value) is not None


def says_words(data_url: str) -> bool:
    """Whether the Base64 of a data URL begins as text does, whatever type it claims."""
    start = data_url.index(",") + 1
    head = data_url[start : start + WORDS_BEGIN].translate(_STANDARD)
    try:
        said = base64.b64decode(head[: len(head) // 4 * 4]).decode("utf-8", "replace")
    except binascii.Error:
        return True
    return all(sign.isprintable() or sign.isspace() for sign in said[:-1]) and "\ufffd" not in said[:-4]


def is_plain_name(name: str) -> bool:
    """Whether a member's name can be nothing but a word: letters and underscores, not many."""
    return _NAME.fullmatch(name) is not None
