"""Takes out of a body that stays in its dialect what its provider could not read: reasoning that another one sealed.

A body has such reasoning when an earlier answer was translated (then it is marked), and when a request fails over to
another provider (then all that is sealed is that of the first). Called by the modules of ``providers``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from torana.core.call import Prompt
from torana.core.snapshot import Deployment
from torana.dialects import json_text
from torana.dialects.sealed import MARK, claude_of, mark_in
from torana.dialects.strict import refuse_lost

Raw = msgspec.Raw
_MARK = MARK.encode()
_members = msgspec.json.Decoder(dict[str, Raw]).decode
_items = msgspec.json.Decoder(list[Raw]).decode
_encode = msgspec.json.encode
_WRAPPED = b"dG9yYW5hL"
"""Begins, in base64, what the codec of Gemini wraps for callers of that dialect."""


_GEMINI = "gemini_content"
_NO_SIGNATURE = b'"skip_thought_signature_validator"'
"""What Gemini takes for a call that it did not sign: https://ai.google.dev/gemini-api/docs/thought-signatures"""


class _Kind(msgspec.Struct):
    type: str = ""
    role: str = ""
    encrypted_content: Raw = Raw(b"")


_kind = msgspec.json.Decoder(_Kind).decode


def readable(prompt: Prompt, deployment: Deployment) -> tuple[bytes, tuple[tuple[str, str], ...]]:
    """The prompt's body for a provider that speaks its dialect, and the header that names what was taken out.

    The same object when there is nothing to take out. Signatures of a model of Claude's are good on every host of it.
    """
    sealed = prompt.ask.sealed
    if not sealed:
        return prompt.body, ()
    cleaned = _CLEANED.get(prompt.dialect)
    if cleaned is None:
        return prompt.body, ()
    ours = any(mark_in(one) for one in sealed)
    maker = prompt.trail.maker or next(iter(prompt.trail.attempted), None)
    foreign = maker is not None and maker.provider != deployment.provider
    if foreign and maker and (claude := claude_of(deployment.model)) and claude == claude_of(maker.model):
        foreign = False
    if not foreign and not ours:
        return prompt.body, ()
    dropped: list[str] = []
    try:
        body = cleaned(prompt.body, foreign, dropped)
    except (msgspec.DecodeError, RecursionError):  # not ours to judge: the provider says what is wrong with it
        return prompt.body, ()
    if not dropped:
        return prompt.body, ()
    refuse_lost(prompt, dropped)
    return body, (("x-torana-dropped", ", ".join(dict.fromkeys(dropped))),)


def _responses(body: bytes, foreign: bool, dropped: list[str]) -> bytes:
    """Reasoning items that are sealed go, whole: one without its seal is only a name in a store elsewhere."""
    given = _members(body).get("input", b"")
    if bytes(given)[:1] != b"[":
        return body
    kept: list[Raw] = []
    for item in _items(given):
        kind = _kind(item)
        sealed = kind.type == "reasoning" and bytes(kind.encrypted_content) not in (b"", b"null")
        if sealed and (foreign or _MARK in bytes(item)):
            dropped.append("reasoning.encrypted_content")
            continue
        kept.append(_unsigned(item, foreign, dropped))
    return json_text.changed(body, {"input": _encode(kept)})


def _messages(body: bytes, foreign: bool, dropped: list[str]) -> bytes:
    """Sealed thinking goes. A model that is to think by a budget wants it before tool calls: then it thinks not at all."""
    members = _members(body)
    kept: list[Raw] = []
    for message in _items(members.get("messages", Raw(b"[]"))):
        blocks = bytes(_members(message).get("content", b""))
        if blocks[:1] != b"[" or _kind(message).role != "assistant":
            kept.append(message)
            continue
        listed = _items(blocks)
        rest = [block for block in listed if not _thinking(block, foreign)]
        if len(rest) == len(listed):
            kept.append(message)
        else:
            dropped.append("thinking")
            if rest:
                kept.append(Raw(json_text.changed(bytes(message), {"content": _encode(rest)})))
    changes: dict[str, bytes | None] = {"messages": _encode(kept)}
    if dropped and _kind(members.get("thinking", Raw(b"{}"))).type == "enabled":
        changes["thinking"] = None
    return json_text.changed(body, changes)


def _thinking(block: Raw, foreign: bool) -> bool:
    return _kind(block).type in ("thinking", "redacted_thinking") and (foreign or _MARK in bytes(block))


def _chat(body: bytes, foreign: bool, dropped: list[str]) -> bytes:
    """Signatures of tool calls go, and blocks of sealed thinking; the calls stay, and the thinking's text."""
    messages: list[Raw] = []
    for message in _items(_members(body).get("messages", Raw(b"[]"))):
        members = _members(message)
        changes: dict[str, bytes | None] = {}
        blocks = bytes(members.get("thinking_blocks", b""))
        if blocks and (foreign or _MARK in blocks):
            dropped.append("thinking_blocks")
            changes["thinking_blocks"] = None
        calls = bytes(members.get("tool_calls", b""))
        if calls[:1] == b"[":
            before = len(dropped)
            kept = [_unsigned(call, foreign, dropped) for call in _items(calls)]
            if len(dropped) > before:
                changes["tool_calls"] = _encode(kept)
        messages.append(Raw(json_text.changed(bytes(message), changes)) if changes else message)
    return json_text.changed(body, {"messages": _encode(messages)})


def _unsigned(call: Raw, foreign: bool, dropped: list[str]) -> Raw:
    """The call without the signature that Google's models put beside it."""
    signed = bytes(_members(call).get("extra_content", b""))
    if not signed or not (foreign or _MARK in signed):
        return call
    dropped.append("thought_signature")
    return Raw(json_text.changed(bytes(call), {"extra_content": None}))


def _gemini(body: bytes, foreign: bool, dropped: list[str]) -> bytes:
    """Signatures go; the parts stay, and a call gets the word that the API takes where there is none."""
    contents: list[Raw] = []
    for content in _items(_members(body).get("contents", Raw(b"[]"))):
        parts = bytes(_members(content).get("parts", b""))
        before = len(dropped)
        if parts[:1] == b"[":
            kept = [_unsigned_part(part, foreign, dropped) for part in _items(parts)]
            if len(dropped) > before:
                contents.append(Raw(json_text.changed(bytes(content), {"parts": _encode(kept)})))
                continue
        contents.append(content)
    return json_text.changed(body, {"contents": _encode(contents)})


def _unsigned_part(part: Raw, foreign: bool, dropped: list[str]) -> Raw:
    members = _members(part)
    name = "thoughtSignature" if "thoughtSignature" in members else "thought_signature"
    signature = bytes(members.get(name, b""))
    if not signature or not (foreign or signature[1:].startswith((_MARK, _WRAPPED))):
        return part
    dropped.append("thought_signature")
    called = "functionCall" in members or "function_call" in members
    return Raw(json_text.changed(bytes(part), {name: _NO_SIGNATURE if called else None}))


_CLEANED: Mapping[str, Callable[[bytes, bool, list[str]], bytes]] = {
    "openai_chat": _chat,
    "openai_responses": _responses,
    "anthropic_messages": _messages,
    _GEMINI: _gemini,
}
