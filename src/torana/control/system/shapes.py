"""Answers of the system routes."""

from __future__ import annotations

from pydantic import BaseModel, Field


class ReloadAnswer(BaseModel):
    """What ``POST config/reload`` did."""

    status: str = Field(description="`taken`, or `refused`: then the old configuration serves on")
    snapshot_version: int
    snapshot_digest: str
    problems: list[str] = Field(
        default_factory=list, description="why it was refused; when taken, what of it waits for the next start"
    )


class FeaturesAnswer(BaseModel):
    """Capability by capability."""

    features: dict[str, str]
