"""Policies in a list: what the routes of policies and guardrails talk to in these tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torana.control.book import Beside, Effective, FindingsPage, Kind, PolicyRow, Tried
from torana.core.errors import GatewayError
from torana.core.policies import Attachment
from torana.core.tickets import Caller
from torana.ports.policies import ANY_VERSION, StoredPolicy

KEPT = StoredPolicy("kept", 3, "acme", {"attach": [{"tenant": "acme"}], "models": ["a"]}, 1.0, "key ann")
THEIRS = StoredPolicy("theirs", 1, "globex", {"attach": [{"tenant": "globex"}]}, 1.0, "")
DRY = {
    "policy": "default@1", "requests": 0, "refused": 0, "changed": 0, "flagged": 0, "newly_refused": 0,
    "newly_allowed": 0, "unknown": 0, "reasons": {}, "examples": [],
}  # fmt: skip


class ListBook:
    """Implements ``control.book.PolicyBook``."""

    def __init__(self) -> None:
        self.stored: dict[str, StoredPolicy] = {"kept": KEPT, "theirs": THEIRS}
        self.tried: list[tuple[str, ...]] = []

    def rows(self) -> Sequence[PolicyRow]:
        written = [
            PolicyRow(one.name, "stored", one.document, one.version, one.tenant, one.written_at, one.written_by)
            for one in self.stored.values()
            if one.document is not None
        ]
        return [PolicyRow("default", "file", {"guardrails": [{"id": "words"}]}), *written]

    def effective(self, who: Attachment) -> Effective:
        return Effective("default+kept@1", [("everyone", "default"), ("tenant", "kept")], {"who": list(who)})

    async def write(self, row: StoredPolicy, beside: Beside) -> StoredPolicy:
        there = self.stored.get(row.name)
        newest = there.version if there is not None else 0
        if row.version not in (ANY_VERSION, newest):
            raise GatewayError("CONFLICT", "late")
        self.stored[row.name] = row._replace(version=newest + 1)
        return self.stored[row.name]

    async def history(self, name: str, most: int) -> Sequence[StoredPolicy]:
        return [self.stored[name]] if name in self.stored else []

    async def dry_run(self, row: StoredPolicy, tenant: str, last: int) -> Mapping[str, Any]:
        self.tried.append((row.name, tenant, str(last)))
        return DRY

    async def kinds(self) -> Sequence[Kind]:
        return [Kind("keywords", ("input",), ("block",), "instant", "Finds words.", {"type": "object"}, ("words",))]

    def packs(self) -> Sequence[Mapping[str, Any]]:
        return [{"name": "gdpr"}, {"name": "bfsi"}]

    async def try_text(self, caller: Caller, text: str, policy: str, is_input: bool) -> Tried:
        self.tried.append((caller.tenant, text, policy, str(is_input)))
        return Tried("default@1", text == "bad", "no" if text == "bad" else "", text, ("words:pass",), ())

    async def findings(
        self, tenant: str, limit: int, after: tuple[int, str] | None, where: Mapping[str, str]
    ) -> FindingsPage:
        return FindingsPage([{"tenant": tenant, "limit": limit, "after": after, **where}], (7, "0abc"))
