"""Questions and answers of the audit routes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, Field

Reason = Annotated[str, Field(min_length=3, max_length=1000, description="why, for those who read the trail later")]


class EntryShown(BaseModel):
    """One entry of the trail."""

    id: str
    at: AwareDatetime
    kind: str = Field(description="its class, such as `admin`, `sign_in`, `key`, `policy`, `security`, `request`")
    action: str = Field(description="what was done, such as `users.create`")
    outcome: str = Field(description="`ok`, `denied` or `failed`; of a request its ending")
    actor: str = Field(description="`user:ID`, `key:ID`, or empty for somebody unknown")
    actor_name: str
    actor_role: str
    target: str = Field(description="to what it was done, such as `user:usr_1`")
    address: str
    request_id: str
    details: dict[str, Any] = Field(description="sanitised")


class LogsAsk(BaseModel, extra="forbid"):
    """Which entries to show."""

    limit: int = Field(default=50, ge=1, le=500)
    cursor: str = Field(default="", max_length=100, description="`next_cursor` of the page before")
    since: AwareDatetime | None = None
    until: AwareDatetime | None = Field(default=None, description="entries of that moment and later are left out")
    kind: str = Field(default="", max_length=100)
    action: str = Field(default="", max_length=100)
    outcome: str = Field(default="", max_length=100)
    actor: str = Field(default="", max_length=600)
    target: str = Field(default="", max_length=600)


class EntriesAnswer(BaseModel):
    """A page of entries, newest first."""

    items: list[EntryShown]
    next_cursor: str | None


class Counted(BaseModel):
    """How many entries are alike."""

    kind: str
    action: str
    outcome: str
    count: int


class SummaryAnswer(BaseModel):
    """Entries of a time by kind, action and outcome, the most frequent first."""

    since: AwareDatetime
    until: AwareDatetime
    total: int
    failed: int = Field(description="those that were denied or failed")
    items: list[Counted]


class ExportAsk(BaseModel, extra="forbid"):
    """Which part of the trail to take away."""

    format: Literal["jsonl", "csv", "chain"] = Field(
        default="jsonl", description="`chain`: links and checkpoints as they are kept, for `torana audit verify FILE`"
    )
    since: AwareDatetime | None = Field(default=None, description="left out: from the beginning")
    until: AwareDatetime | None = Field(default=None, description="left out: to now")
    kinds: list[str] = Field(
        default=[],
        max_length=20,
        description="left out: all that people did; what guardrails found and AI requests are there where `guardrail` and `request` are named",
    )


class ChainProved(BaseModel):
    """The verdict on one chain."""

    tenant: str
    chain: str = Field(description="`admin`: what people did; `requests`: one entry for each AI request")
    whole: bool
    entries: int
    links: int
    checkpoints: int = Field(description="signed ones that agree")
    trimmed: int = Field(description="entries that were deleted because their time was over")
    first_broken: int | None = Field(description="the number of the first entry that is not as it was")
    what: str


class VerifyAnswer(BaseModel):
    """The verdict on the tenant's chains."""

    whole: bool
    chains: list[ChainProved]


class HoldAsk(BaseModel, extra="forbid"):
    """A legal hold to begin."""

    reason: Reason


class HoldShown(BaseModel):
    """A legal hold: while it lasts, no record of the tenant is deleted for its age."""

    id: str
    reason: str
    begun_at: AwareDatetime
    begun_by: str
    ended_at: AwareDatetime | None
    ended_by: str


class HoldsAnswer(BaseModel):
    """The tenant's legal holds, newest first."""

    items: list[HoldShown]
    next_cursor: str | None = None


class ErasureAsk(BaseModel, extra="forbid"):
    """Whom to erase."""

    user: str = Field(min_length=1, max_length=512, description="the id of the user, as records have it")
    reason: Reason


class ErasureAnswer(BaseModel):
    """What was done."""

    pseudonym: str = Field(description="what stands in the place of the person in usage from now on")
    entries: int = Field(description="entries of the trail that were made anonymous")
    requests: int = Field(description="rows of usage that were made anonymous")
