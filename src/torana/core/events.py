"""The words of every dialect in one form: a Request as it was meant, and an answer as a row of events.

They are what codecs translate between; same-dialect traffic never becomes them. No wire knowledge, no I/O. A whole
answer is the same row of events as a stream's, so that one reader and one writer serve both.
"""

from __future__ import annotations

from typing import NamedTuple

from torana.core.call import Usage

# parts of a request and of an answer


class Text(NamedTuple):
    """Plain text."""

    text: str
    cache: str = ""
    """How long a provider may keep everything up to here: ``""`` not asked for, else ``5m`` or ``1h``."""


class Media(NamedTuple):
    """A picture, a document or a sound: exactly one of ``data``, ``url``, ``file_id`` and ``text`` is given."""

    kind: str
    """``image``, ``document``, ``audio`` or ``video``."""
    media_type: str = ""
    data: str = ""
    """Base64, without line breaks."""
    url: str = ""
    file_id: str = ""
    text: str = ""
    """A document that is plain text already."""
    name: str = ""
    detail: str = ""
    """How closely a picture is looked at: ``low``, ``high``, ``auto``."""
    cache: str = ""


class ToolCall(NamedTuple):
    """The model asks for a tool. ``arguments`` is the JSON text as the model wrote it, byte for byte."""

    id: str
    name: str
    arguments: str
    signature: str = ""
    """What the provider wants to see again with it (Gemini's thought signature)."""
    cache: str = ""


class ToolResult(NamedTuple):
    """What a tool gave. ``name`` is filled where the dialect tells it."""

    id: str
    parts: tuple[Text | Media, ...]
    name: str = ""
    failed: bool = False
    cache: str = ""


class Thinking(NamedTuple):
    """Reasoning of the model. ``data`` is reasoning that only its provider can read."""

    text: str = ""
    signature: str = ""
    data: str = ""
    id: str = ""


class Refusal(NamedTuple):
    """The model's own words of refusal."""

    text: str


Part = Text | Media | ToolCall | ToolResult | Thinking | Refusal


class Turn(NamedTuple):
    """One message. Tool results are parts of a ``user`` turn, in whichever shape the dialect has them."""

    role: str
    """``user`` or ``assistant``; what the system says stands in ``Request.system``."""
    parts: tuple[Part, ...]
    name: str = ""


class Tool(NamedTuple):
    """A function the model may call. ``schema`` is JSON text of its parameters, byte for byte; empty: none."""

    name: str
    description: str = ""
    schema: bytes = b""
    strict: bool | None = None
    cache: str = ""


class Choice(NamedTuple):
    """Which tool the model is to call."""

    kind: str
    """``auto``, ``none``, ``any`` (one of them must be called) or ``tool``."""
    name: str = ""


class Format(NamedTuple):
    """The shape the answer must have."""

    kind: str
    """``json`` or ``schema``."""
    name: str = ""
    schema: bytes = b""
    """JSON text."""
    strict: bool | None = None
    description: str = ""


class Reasoning(NamedTuple):
    """How much the model is to think: an effort, a budget of tokens, or neither (``off``)."""

    effort: str = ""
    """``off``, ``minimal``, ``low``, ``medium``, ``high``."""
    budget: int | None = None
    shown: bool = True
    """Whether the caller wants to read it."""


class Sampling(NamedTuple):
    """How the answer is drawn. None: the provider's own default, and nothing is sent."""

    max_output: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    candidates: int = 1
    logprobs: int | None = None
    """How many alternatives per token; 0: only the chosen one's."""


class Request(NamedTuple):
    """What a caller asks a model, whichever dialect it was said in."""

    model: str
    turns: tuple[Turn, ...]
    system: tuple[Text, ...] = ()
    tools: tuple[Tool, ...] = ()
    choice: Choice | None = None
    parallel_tools: bool | None = None
    sampling: Sampling = Sampling()
    format: Format | None = None
    reasoning: Reasoning | None = None
    stream: bool = False
    user: str = ""
    tier: str = ""
    metadata: tuple[tuple[str, str], ...] = ()
    dropped: tuple[str, ...] = ()
    """Members of the body that no other dialect can say; they are named to the caller when it is translated."""
    wants_usage: bool = True
    """Whether a stream that answers it tells its usage, where the dialect leaves that to the caller."""


# events of an answer, in the order they may come


class Began(NamedTuple):
    """The answer begins. ``created``: epoch seconds, 0 when the dialect does not tell."""

    id: str = ""
    model: str = ""
    created: int = 0


class TextPiece(NamedTuple):
    """More text of a candidate."""

    text: str
    candidate: int = 0
    logprobs: bytes = b""
    """JSON text of a list in OpenAI's shape (``token``, ``logprob``, ``bytes``, ``top_logprobs``); empty: none."""


class ThinkingPiece(NamedTuple):
    """More reasoning. A ``signature`` or ``data`` ends the piece of reasoning it belongs to."""

    text: str = ""
    signature: str = ""
    data: str = ""
    candidate: int = 0
    id: str = ""


class RefusalPiece(NamedTuple):
    """More of a refusal in the model's words."""

    text: str
    candidate: int = 0


class ToolBegan(NamedTuple):
    """A tool call begins. ``place``: its number among the tool calls of its candidate, from 0."""

    place: int
    id: str
    name: str
    candidate: int = 0
    signature: str = ""


class ToolPiece(NamedTuple):
    """More of the JSON text of a call's arguments."""

    place: int
    text: str
    candidate: int = 0


class Cited(NamedTuple):
    """A source of the text that came last."""

    url: str = ""
    title: str = ""
    quote: str = ""
    start: int | None = None
    end: int | None = None
    document: int | None = None
    candidate: int = 0


class Ended(NamedTuple):
    """A candidate is complete."""

    reason: str
    """``stop``, ``length``, ``tools``, ``filtered``, ``refused``, ``paused`` or ``sequence`` (a stop sequence came)."""
    candidate: int = 0
    sequence: str = ""


class Counted(NamedTuple):
    """What is known of the usage so far; each replaces the one before."""

    usage: Usage


Event = Began | TextPiece | ThinkingPiece | RefusalPiece | ToolBegan | ToolPiece | Cited | Ended | Counted

CONTENT = (TextPiece, ThinkingPiece, RefusalPiece, ToolBegan, ToolPiece, Ended)
"""Events that bring what the caller asked for: after the first of them no failover is possible."""
