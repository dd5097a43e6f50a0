"""Questions and answers about approvals."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, Field

from torana.control.approvals.queries import Approval


class ApprovalShown(BaseModel):
    """Something that waits, or waited, for a second pair of eyes."""

    id: str
    action: str = Field(description="`budgets.write`, `policies.write`, `tenant.write` or `guardrails.reveal`")
    target: str = Field(description="what it is about, such as `budgets:monthly`")
    change: dict[str, Any] = Field(description="what was asked for")
    reason: str
    asked_by: str
    asked_name: str
    asked_at: datetime
    expires_at: datetime = Field(description="until when it may be decided, and what was approved be used")
    status: str = Field(description="`pending`, `approved`, `refused` or `expired`")
    decided_by: str = Field(description="empty until somebody decided")
    decided_name: str
    decided_at: datetime | None
    done_at: datetime | None = Field(description="when the change was made")

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "id": "apr_0192f3a1b2c30000000000000001", "action": "budgets.write", "target": "budgets:monthly",
                    "change": {"name": "monthly", "document": {"scope": "tenant", "limit": "500.00"}}, "reason": "",
                    "asked_by": "user:usr_1", "asked_name": "ann@acme.test", "asked_at": "2026-11-21T22:00:00Z",
                    "expires_at": "2026-11-24T22:00:00Z", "status": "pending", "decided_by": "", "decided_name": "",
                    "decided_at": None, "done_at": None,
                }
            ]
        }
    }  # fmt: skip


class ApprovalsAnswer(BaseModel):
    """What was asked for, newest first."""

    items: list[ApprovalShown]
    next_cursor: str | None = Field(default=None, description="for the next page; null: this is the last")


class DecisionAsk(BaseModel, extra="forbid"):
    """Why it is decided so."""

    reason: str = Field(default="", max_length=500, description="kept in the audit trail")


def shown(row: Approval, now: float) -> ApprovalShown:
    """One approval."""
    return ApprovalShown(
        id=row.id, action=row.action, target=row.target, change=row.change, reason=row.reason, asked_by=row.asked_by,
        asked_name=row.asked_name, asked_at=_moment(row.asked_at), expires_at=_moment(row.expires_at),
        status=row.state(now), decided_by=row.decided_by, decided_name=row.decided_name,
        decided_at=None if row.decided_at is None else _moment(row.decided_at),
        done_at=None if row.spent_at is None else _moment(row.spent_at),
    )  # fmt: skip


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
