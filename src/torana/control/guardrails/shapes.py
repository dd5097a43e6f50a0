"""Questions and answers of the guardrail routes."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field

LONGEST_TEXT = 100_000


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
