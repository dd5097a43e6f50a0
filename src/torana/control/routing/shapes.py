"""Questions and answers of the routing routes."""

from __future__ import annotations

from pydantic import BaseModel, Field


class ExplainAsk(BaseModel, extra="forbid"):
    """The request whose way is asked for. Its text is not needed: no deployment is chosen by it."""

    model: str | None = Field(default=None, description="as in a request; left out: the default model")
    stream: bool = False
    needs: list[str] = Field(default_factory=list, description="capabilities it would use: tools, vision …")
    user: str | None = Field(default=None, description="the end user that its body would name")
    conversation: str = Field(default="", description="what its header `x-torana-conversation` would say")
    headers: dict[str, str] = Field(default_factory=dict, description="headers that conditions look at")


class PlannedTry(BaseModel):
    """One try, in order."""

    number: int
    provider: str
    model: str = Field(description="the model's name at the provider")
    region: str
    fallback: bool = Field(description="whether it belongs to a fallback model")
    canary: bool = Field(description="whether it is the model's canary")
    only: str = Field(description="the one refusal it is kept for: context_window or content_policy; else empty")


class LeftOut(BaseModel):
    """A candidate that would not be tried."""

    provider: str
    model: str
    reason: str


class PlannedShadow(BaseModel):
    """Where a share of such requests is copied to, beside the answer."""

    provider: str
    model: str
    percent: float


class ExplainAnswer(BaseModel):
    """The Plan. Nothing was sent, and nobody's turn was taken."""

    model: str
    strategy: str
    attempts: list[PlannedTry]
    dropped: list[LeftOut]
    note: str = Field(description="why something is tried that should rest; empty otherwise")
    hedge_after_ms: float | None = Field(description="when the next deployment is asked too; null: never")
    shadow: PlannedShadow | None = Field(description="null: such a request is never copied")
    policy: str = Field(description="name and version of the policy that would judge it")
