"""Where files lie in the bodies of the dialects: Base64 and data URLs, addresses and ids; and what is put in their place.

The shapes are those of OpenAI's chats and responses, Anthropic's messages, Gemini's contents and Bedrock's converse. It opens
no file. Called by the file room.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

from torana.core.json_places import Digits, parsed

_DATA_URL = re.compile(r"\s*data:([\w.+-]*/?[\w.+-]*)((?:;[^,;]*)*),", re.IGNORECASE)
_SPACE = re.compile(r"[\s]+")
_SLICE = 256 * 1024
"""Signs of Base64, whole fours, that are decoded in one go."""
_TYPED = ("media_type", "mime_type", "mimeType", "format")
"""Members beside Base64 that say what it is."""
_WRAPPERS = frozenset(
    {
        "image_url",
        "file",
        "source",
        "inlineData",
        "inline_data",
        "document",
        "image",
        "fileData",
        "file_data",
        "input_image",
    }
)
"""Members that hold a file and are not the part itself."""
_ADDRESSES = frozenset({"fileUri", "file_uri", "file_url", "image_url"})
_HOLDERS = frozenset({"image_url", "source", "file", "image", "document"})
"""Members in which ``url`` is the address of a file."""
_MADE = frozenset({"b64_json", "partial_image_b64"})
"""Members that hold a picture a model made, in OpenAI's answers about images
(https://platform.openai.com/docs/api-reference/images/object)."""
_SEALED = frozenset({"redacted_thinking", "thinking", "input_audio"})
"""Types of parts with a ``data`` that is no file: what its maker alone can read, and sound, which nobody here hears."""
_FREE = frozenset(
    {"arguments", "args", "parameters", "properties", "input_schema", "inputSchema", "schema", "metadata", "labels"}
)


class FilePart(NamedTuple):
    """A file in a body."""

    kind: str
    """``inline``, ``address`` or ``id``."""
    path: str
    """For people: ``messages[0].content[1].file.file_data``."""
    steps: tuple[int, ...]
    """The way to the value: of an object the number of its member, of a list that of its element."""
    said: str
    """The value."""
    name: str = ""
    """The file's, as the caller says; empty: it says none."""
    part: int = 0
    """How many of the steps lead to the part of the message that it is."""


def files_in(tree: Any) -> list[FilePart]:
    """The files in a body as ``json_places.parsed`` reads it, in order."""
    return list(_walk(tree))


def _walk(tree: Any) -> Iterator[FilePart]:
    """With a stack, not by recursion: nesting cannot end the process."""
    stack: list[tuple[Any, tuple[int, ...], str, tuple[str, ...]]] = [(tree, (), "", ())]
    while stack:
        value, steps, path, names = stack.pop()
        if isinstance(value, list):
            below = [(one, (*steps, place), f"{path}[{place}]", (*names, "")) for place, one in enumerate(value)]
            stack.extend(reversed(below))
        elif isinstance(value, tuple):
            yield from _members(value, steps, path, names)
            for place in range(len(value) - 1, -1, -1):
                name, inner = value[place]
                if isinstance(inner, list | tuple) and name not in _FREE:
                    shown = name if name.isidentifier() and len(name) < 40 else "*"
                    stack.append((inner, (*steps, place), f"{path}.{shown}" if path else shown, (*names, name)))


def _members(
    pairs: tuple[tuple[str, Any], ...], steps: tuple[int, ...], path: str, names: tuple[str, ...]
) -> Iterator[FilePart]:
    told = {name: value for name, value in pairs if isinstance(value, str)}
    own = names[-1] if names else ""
    part = len(steps)
    for name in reversed(names):
        if name not in _WRAPPERS:
            break
        part -= 1
    called = told.get("filename") or told.get("name") or told.get("title") or ""
    for place, (name, value) in enumerate(pairs):
        if not isinstance(value, str) or isinstance(value, Digits) or not value:
            continue
        kind = _kind(name, value, told, own)
        if kind:
            where = f"{path}.{name}" if path else name
            yield FilePart(kind, where, (*steps, place), value, called[:200], part)


def _kind(name: str, value: str, told: Mapping[str, str], own: str) -> str:
    """What a member of an object is; empty: no file."""
    if told.get("type") in _SEALED or own == "input_audio":
        return ""
    if _DATA_URL.match(value[:300]) and name not in ("text", "content"):
        return "inline"
    if name == "file_data" or (name == "bytes" and own == "source"):
        return "inline"
    if name in _MADE or (name == "result" and told.get("type") == "image_generation_call"):
        return "inline"
    if name == "data" and any(one in told for one in _TYPED) and told.get("type") != "text":
        return "inline"
    if name == "file_id":
        return "id"
    if name in _ADDRESSES or (name == "url" and own in _HOLDERS):
        return "address"
    return ""


def content_of(part: FilePart) -> bytes:
    """The bytes of an inline file. Raises ValueError for what cannot be decoded."""
    said = part.said
    found = _DATA_URL.match(said[:300])
    if found is not None:
        said = said[found.end() :]
        if ";base64" not in found[2].lower():
            return unquote_to_bytes(said)
    content = _plain_base64(said)
    if content is not None:
        return content
    said = _SPACE.sub("", said).replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(said + "=" * (-len(said) % 4), validate=True)
    except binascii.Error as fault:
        raise ValueError("no Base64") from fault


def _plain_base64(said: str) -> bytes | None:
    """What is written in the usual alphabet without white space, which nearly all is; None for anything else.

    In slices: to decode keeps the interpreter's lock, and other requests wait for it.
    """
    if not said.isascii() or 0 <= said.find("=") < len(said) - 2:
        return None
    whole = (said + "=" * (-len(said) % 4)).encode()
    slices = (whole[at : at + _SLICE] for at in range(0, len(whole), _SLICE))
    try:
        return b"".join([binascii.a2b_base64(one, strict_mode=True) for one in slices])
    except binascii.Error:
        return None


def as_said(part: FilePart, content: bytes) -> str:
    """Other bytes, written as the part's were."""
    found = _DATA_URL.match(part.said[:300])
    coded = base64.b64encode(content).decode("ascii")
    return f"{part.said[: found.end()].rstrip(',').removesuffix(';base64')};base64,{coded}" if found else coded


def with_values(tree: Any, values: Mapping[tuple[int, ...], Any]) -> bytes:
    """The body with other values at these places; every number stays as it was written."""
    return _written(tree, (), values).encode("utf-8", "surrogatepass")


def text_part(part: Any, text: str) -> Any:
    """A part of a message that says this, in the words of the one whose place it takes."""
    kind = next((value for name, value in part if name == "type"), None) if isinstance(part, tuple) else None
    if kind is None:
        return (("text", text),)
    return (("type", "input_text" if str(kind).startswith("input_") else "text"), ("text", text))


def at(tree: Any, steps: tuple[int, ...]) -> Any:
    """The value at a place."""
    for step in steps:
        tree = tree[step][1] if isinstance(tree, tuple) else tree[step]
    return tree


def _written(value: Any, steps: tuple[int, ...], values: Mapping[tuple[int, ...], Any]) -> str:
    value = values.get(steps, value)
    if isinstance(value, Digits):
        return str(value)
    if isinstance(value, list):
        return "[" + ",".join(_written(one, (*steps, place), values) for place, one in enumerate(value)) + "]"
    if isinstance(value, tuple):
        said = (
            f"{json.dumps(name)}:{_written(one, (*steps, place), values)}" for place, (name, one) in enumerate(value)
        )
        return "{" + ",".join(said) + "}"
    return json.dumps(value)


def tree_of(body: bytes) -> Any:
    """The body. Raises ValueError, RecursionError."""
    return parsed(str(body, "utf-8"))
