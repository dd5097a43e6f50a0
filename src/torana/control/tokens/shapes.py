"""Questions and answers of the token routes."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field

Text = Annotated[str, Field(min_length=1, max_length=512)]


class RevokeAsk(BaseModel, extra="forbid"):
    """Which tokens count no more: one by its id, or all of a subject."""

    jti: Text | None = Field(default=None, description="the id of one token")
    subject: Text | None = Field(default=None, description="its `sub`, or the user that it stands for")
    before: AwareDatetime | None = Field(
        default=None, description="with subject: tokens issued before this moment; left out: before now"
    )
    issuer: str = Field(default="", max_length=512, description="whose tokens; left out: every issuer's")
    expires_at: AwareDatetime | None = Field(
        default=None, description="with jti: when the token expires anyway, and the entry may be forgotten"
    )


class RevokeAnswer(BaseModel):
    """What was put on the list."""

    status: str
    jti: str | None
    subject: str | None
    before: AwareDatetime | None
    issuer: str
