"""Questions and answers of the guardrail routes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

from torana.line.vault import LONGEST_TOKEN, TOKEN
from torana.ports.vault import Reveal

LONGEST_TEXT = 100_000
MOST_TOKENS = 100
LONGEST_NAME = 512
NO_CONTROL = r"^[^\x00-\x1f\x7f]*$"
"""A line for people, which databases can keep."""

Token = Annotated[str, Field(pattern=f"^{TOKEN.pattern}$", max_length=LONGEST_TOKEN)]
Name = Annotated[str, Field(max_length=LONGEST_NAME, pattern=NO_CONTROL)]


class GuardrailShown(BaseModel):
    """One kind of guardrail."""

    kind: str
    sides: list[str]
    modes: list[str]
    price_class: str = Field(description="instant, fast or slow")
    about: str
    settings: dict[str, Any] = Field(description="JSON Schema of what it can be told")
    ids: list[str] = Field(description="the guardrails of this kind that are configured")


class GuardrailsAnswer(BaseModel):
    """The kinds of guardrails."""

    items: list[GuardrailShown]
    next_cursor: str | None = None


class PacksAnswer(BaseModel):
    """The compliance packs: sets of guardrails that policies name."""

    items: list[dict[str, Any]]
    next_cursor: str | None = None


class TestAsk(BaseModel, extra="forbid"):
    """A text to try guardrails on."""

    text: Annotated[str, Field(max_length=LONGEST_TEXT)]
    policy: str = Field(default="", description="name of a policy; left out: all that hold for you")
    is_input: bool = Field(default=True, description="false: as the text of an answer")


class TestAnswer(BaseModel):
    """What guardrails made of it."""

    policy: str = Field(description="names and version of the policies")
    passed: bool
    blocked: bool
    message: str
    text: str = Field(description="what would go on; empty when blocked")
    verdicts: list[str]
    findings: list[dict[str, Any]] = Field(description="guardrail, kind, place; never the value")


class FindingsAnswer(BaseModel):
    """What was found in requests, newest first."""

    items: list[dict[str, Any]]
    next_cursor: str | None = None


class RevealAsk(BaseModel, extra="forbid"):
    """Tokens to look up."""

    tokens: Annotated[list[Token], Field(min_length=1, max_length=MOST_TOKENS)]
    reason: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500, pattern=NO_CONTROL)
    ] = Field(description="why; it is kept, with your key and user and the tokens")
    conversation: Name = Field(default="", description="as requests name it in x-torana-conversation")
    user: Name = Field(default="", description="instead of it: the user whose requests name no conversation")
    key: Name = Field(default="", description="instead of it: id of the key whose requests name neither")
    approval: str = Field(
        default="",
        max_length=64,
        description="id of the approval of the very same, where the tenant demands one (`four_eyes`)",
    )


class RevealAnswer(BaseModel):
    """What tokens stand for."""

    values: dict[str, str] = Field(description="token to value")
    unknown: list[str] = Field(description="tokens that stand for nothing there, or no longer")


class RevealShown(BaseModel):
    """Somebody looked."""

    id: str
    at: datetime
    by: str = Field(description="key and user")
    conversation: str
    tokens: list[str]
    told: list[str] = Field(description="those of them that stood for something")
    reason: str


class RevealsAnswer(BaseModel):
    """Who looked, newest first."""

    items: list[RevealShown]
    next_cursor: str | None = None


def shown_reveal(row: Reveal) -> RevealShown:
    """One row for people."""
    return RevealShown(
        id=row.reveal_id, at=datetime.fromtimestamp(row.at, UTC), by=row.by, conversation=row.conversation,
        tokens=list(row.tokens), told=list(row.told), reason=row.reason,
    )  # fmt: skip
