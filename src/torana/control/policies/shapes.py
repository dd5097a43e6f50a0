"""Questions and answers of the policy routes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from torana.control.book import Effective, PolicyRow
from torana.control.policies.rights import name_told
from torana.ports.policies import StoredPolicy

Document = Annotated[dict[str, Any], Field(description="as a row of `policies` in the configuration")]


class PolicyShown(BaseModel):
    """One policy."""

    name: str
    source: str = Field(description="stored, file, or implied: nobody wrote it")
    version: int = Field(description="of a stored one; 0 for others")
    tenant: str = Field(description="whose it is; empty: the installation's")
    document: Document | None = Field(description="null: it was withdrawn")
    written_at: datetime | None = None
    written_by: str = ""


class PoliciesAnswer(BaseModel):
    """Policies, those of the configuration too."""

    items: list[PolicyShown]
    next_cursor: str | None = None


class PolicyAsk(BaseModel, extra="forbid"):
    """A policy to write."""

    document: Document
    version: int | None = Field(default=None, ge=0, description="the version it replaces; left out: whichever is there")


class NamedPolicyAsk(PolicyAsk):
    """A policy to write, with its name."""

    name: Annotated[str, Field(min_length=1, max_length=64)]


class DryRunAsk(BaseModel, extra="forbid"):
    """A policy to try on what was asked lately."""

    name: Annotated[str, Field(min_length=1, max_length=64)] = "dry-run"
    document: Document
    last: int = Field(default=1000, ge=1, le=10_000, description="how many of your tenant's last requests")


class DryRunAnswer(BaseModel):
    """What would have become of these requests, beside what policies say of them now."""

    policy: str = Field(description="names and version of what a request of your own would be judged by")
    requests: int = Field(description="how many were looked at")
    refused: int
    changed: int = Field(description="text would have been masked, tokenised or redacted")
    flagged: int = Field(description="only written down")
    newly_refused: int = Field(description="refused by it, and not by what holds now")
    newly_allowed: int = Field(description="not refused by it, and refused by what holds now")
    unknown: int = Field(description="guardrails would look that did not look then: their texts are not kept")
    reasons: dict[str, int] = Field(description="how many would be refused or changed by what")
    examples: list[str] = Field(description="ids of some requests that would newly be refused")


class EffectiveAnswer(BaseModel):
    """What policies come to for somebody."""

    policy: str
    chain: list[dict[str, str]] = Field(description="level and name of each policy, wide to narrow")
    terms: dict[str, Any]


def shown(row: PolicyRow, tenant: str) -> PolicyShown:
    """A policy in force, as it is told to a tenant (``rights.told_to``)."""
    at = None if row.written_at is None else datetime.fromtimestamp(row.written_at, UTC)
    return PolicyShown(
        name=name_told(row.name, tenant), source=row.source, version=row.version, tenant=row.tenant, document=dict(row.document),
        written_at=at, written_by=row.written_by,
    )  # fmt: skip


def shown_stored(row: StoredPolicy, tenant: str) -> PolicyShown:
    """One version of a stored policy, as it is told to a tenant."""
    return PolicyShown(
        name=name_told(row.name, tenant), source="stored", version=row.version, tenant=row.tenant, document=row.document,
        written_at=datetime.fromtimestamp(row.written_at, UTC), written_by=row.written_by,
    )  # fmt: skip


def shown_effective(found: Effective, tenant: str) -> EffectiveAnswer:
    """What holds, as it is told to a tenant."""
    chain = [{"level": level, "policy": name_told(name, tenant)} for level, name in found.chain]
    return EffectiveAnswer(policy=found.policy, chain=chain, terms=dict(found.terms))
