"""Questions and answers of the cache routes."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

Id = Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="as in the header `x-torana-cache-id` of a hit")]


class SavedShown(BaseModel):
    """What was saved for one team and model, by all gateways."""

    team: str
    model: str
    hits: int
    semantic_hits: int
    misses: int
    shadow_hits: int = Field(description="on trial: what would have been served")
    tokens_saved: int
    cost_saved: str = Field(description="a decimal amount")
    time_saved_ms: int


class StatsAnswer(BaseModel):
    """The cache, as far as it is the tenant's."""

    enabled: bool
    semantic: str = Field(description="off, on or shadow")
    store: str = Field(description="memory: of the process that answers; shared: of all gateways")
    entries: int
    bytes: int
    complete: bool = Field(description="false: there are more than were counted")
    hits: int
    semantic_hits: int
    misses: int
    hit_rate: float = Field(description="of requests that were looked for")
    tokens_saved: int
    cost_saved: str
    currency: str
    time_saved_ms: int
    items: list[SavedShown]


class ClearedAnswer(BaseModel):
    """What was forgotten."""

    status: str
    removed: int


class FeedbackAsk(BaseModel):
    """An answer that was wrong for what was asked."""

    id: Id


class FeedbackAnswer(BaseModel):
    """What came of it."""

    status: str
    removed: int
    questions: int = Field(description="questions in other words that led to it and lead nowhere now")
    similarity: float | None = Field(description="what is asked from now on where they were asked")


class TrialShape(BaseModel):
    """What would have been served, had the semantic cache been more than on trial."""

    model: str
    asked: str
    answered: str = Field(description="the question whose answer it would have been given")
    id: str
    similarity: float


class TrialsAnswer(BaseModel):
    """The latest of this process, the newest first."""

    items: list[TrialShape]
