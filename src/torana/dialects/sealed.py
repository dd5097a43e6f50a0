"""Marks reasoning that only its maker can read again, so that it goes back to nobody else.

The mark stands before what a translated answer hands the caller and is taken off when it comes back; it is no proof, and
nothing but a refusal by the provider hangs on it. Called by ``translation``.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import NamedTuple

from msgspec import DecodeError, Raw, Struct
from msgspec.json import Decoder

from torana.core.events import Event, Part, Request, Thinking, ThinkingPiece, ToolBegan, ToolCall, Turn

MARK = "TORANAv1"
"""Begins what was marked; eight hexadecimal digits that name the maker follow. All of it is base64, a multiple of four
letters long: the clients of some dialects take what follows apart as base64 and put it together again."""
_LENGTH = len(MARK) + 8
_BEGINNING = 96
"""How many letters tell one sealed thing from all others: more than the same in all of a maker's (its version, the time)."""
_MARKED = re.compile(MARK + r"[0-9a-f]{8}[A-Za-z0-9+/=_-]{0,80}")
_WRAPPED = "dG9yYW5hL"
"""Begins, in base64, what the codec of Gemini wraps for callers of that dialect."""
_STANDARD = str.maketrans("-_", "+/")
_CLAUDE = "claude"
_MODEL = re.compile(r"claude-[a-z0-9.-]*?(?=-\d{8}|-v\d|-latest|[^a-z0-9.-]|$)")
_GEMINI = "gemini_content"
_MAKERS = {"anthropic_messages": _CLAUDE, _GEMINI: _GEMINI}
"""Dialect → whose models sign what its callers have from providers that speak it too; no mark stands before that."""


NONE: tuple[str, ...] = ()


class _Google(Struct, gc=False, frozen=True):
    thought_signature: Raw = Raw()


class _Extra(Struct, gc=False):
    google: _Google = _Google()


_extra = Decoder(_Extra).decode


class Seal(NamedTuple):
    """What is marked how for one provider and model, and what it may be given without a mark."""

    signature: str
    data: str
    call: str
    bare: bool
    """Whether an unmarked signature of reasoning is one of this maker's."""
    bare_call: bool
    """The same for the signature of a tool call, which only Gemini makes."""

    def marked(self, events: Sequence[Event]) -> Sequence[Event]:
        """The events with their sealed parts marked; the same row when there are none."""
        for event in events:
            if (isinstance(event, ThinkingPiece) and (event.signature or event.data)) or (
                isinstance(event, ToolBegan) and event.signature
            ):
                return [self._marked(one) for one in events]
        return events

    def _marked(self, event: Event) -> Event:
        if isinstance(event, ThinkingPiece):
            signature = self.signature + event.signature if event.signature else ""
            return event._replace(signature=signature, data=self.data + event.data if event.data else "")
        if isinstance(event, ToolBegan) and event.signature:
            return event._replace(signature=self.call + event.signature)
        return event

    def opened(self, request: Request) -> tuple[Request, tuple[str, ...]]:
        """The request as this provider may read it, and names of what another one sealed, which is left out."""
        if not any(_sealed(part) for turn in request.turns for part in turn.parts):
            return request, ()
        dropped: list[str] = []
        turns: list[Turn] = []
        for turn in request.turns:
            parts = tuple(self._opened(turn.parts, dropped))
            if parts or not turn.parts:
                turns.append(turn._replace(parts=parts))
        return request._replace(turns=tuple(turns)), tuple(dict.fromkeys(dropped))

    def _opened(self, parts: Sequence[Part], dropped: list[str]) -> Iterator[Part]:
        for part in parts:
            if isinstance(part, Thinking) and (part.signature or part.data):
                signature = _own(part.signature, self.signature, self.bare)
                data = _own(part.data, self.data, False)
                if signature or data:
                    yield part._replace(signature=signature, data=data)
                else:
                    dropped.append("thinking")
            elif isinstance(part, ToolCall) and part.signature:
                signature = _own(part.signature, self.call, self.bare_call)
                if not signature:
                    dropped.append("thought_signature")
                yield part._replace(signature=signature)
            else:
                yield part


def seal(client: str, provider: str, model: str, origin: str) -> Seal | None:
    """The Seal of a translation between two dialects; None where they are one and the bytes stay as they are.

    ``origin``: the provider's name here. A signature of Claude's is good for that model on every host of it, redacted
    thinking only in the shape of the dialect it came in:
    https://platform.claude.com/docs/en/build-with-claude/extended-thinking#thinking-encryption
    """
    if client == provider:
        return None
    claude = claude_of(model)
    maker = _CLAUDE if claude else _GEMINI if provider == _GEMINI else ""
    return Seal(
        signature=_mark(claude or origin),
        data=_mark(f"{claude} {provider}" if claude else origin),
        call=_mark(origin),
        bare=bool(maker) and _MAKERS.get(client) == maker,
        bare_call=maker == _GEMINI,
    )


def beginning(text: str) -> str:
    """How a sealed text begins, the same wherever a client has kept it: at our mark, where it has one."""
    if text.startswith(_WRAPPED):
        try:
            text = b64decode(text[:240].translate(_STANDARD)).decode("latin-1")
        except ValueError:
            return text[:_BEGINNING]
    found = _MARKED.search(text, 0, 512)
    return found[0] if found else text[:_BEGINNING]


def beginnings(raws: Iterable[Raw]) -> tuple[str, ...]:
    """The same of JSON texts; what is no text, or an empty one, is passed over."""
    found: list[str] = []
    for raw in raws:
        text = bytes(raw)
        if text[:1] == b'"' and len(text) > 2:
            found.append(beginning(text[1:512].partition(b'"')[0].decode("latin-1")))
    return tuple(found)


def signature_in(extra: Raw) -> Raw:
    """The signature that Google's endpoint of OpenAI's dialect has beside a tool call (``extra_content``); empty: none."""
    if not bytes(extra):
        return extra
    try:
        return _extra(extra).google.thought_signature
    except (DecodeError, RecursionError):
        return Raw()


def sealed_in(events: Iterable[Event]) -> tuple[str, ...]:
    """The beginnings of what is sealed in these events."""
    found: list[str] = []
    for event in events:
        if isinstance(event, ThinkingPiece):
            found += (beginning(text) for text in (event.signature, event.data) if text)
        elif isinstance(event, ToolBegan) and event.signature:
            found.append(beginning(event.signature))
    return tuple(found)


def marks_of(provider: str, model: str, dialects: Iterable[str]) -> frozenset[str]:
    """Every mark under which a deployment may have sealed something, whichever of these dialects it speaks."""
    claude = claude_of(model)
    return frozenset(
        (_mark(provider), *((_mark(claude), *(_mark(f"{claude} {one}") for one in dialects)) if claude else ()))
    )


def mark_in(text: str) -> str:
    """The mark with which a beginning begins; empty: none."""
    return text[:_LENGTH] if text.startswith(MARK) else ""


def claude_of(model: str) -> str:
    """The model of Claude behind a host's name for it, without date and version of the host; empty: it is none."""
    found = _MODEL.search(model.lower())
    return found[0].replace(".", "-") if found else ""


def _mark(maker: str) -> str:
    return MARK + blake2b(maker.encode(), digest_size=4, person=b"torana sealed").hexdigest()


def _sealed(part: Part) -> bool:
    return isinstance(part, Thinking | ToolCall) and bool(part.signature or (isinstance(part, Thinking) and part.data))


def _own(text: str, mark: str, bare: bool) -> str:
    """What is to be handed to the maker with this mark; empty for another's."""
    if text.startswith(mark):
        return text[_LENGTH:]
    return "" if text.startswith(MARK) or not bare else text
