"""Tries policies on what a tenant asked lately, as the database has it.

It sends and writes nothing. Called by ``policy_book`` in a worker thread.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

from torana.core.policies import Attachment, Terms
from torana.core.snapshot import Snapshot
from torana.line.chains import Chains
from torana.line.hindsight import CHANGED, FLAGGED, REFUSED, Judgement, Past, judged
from torana.stores import sql
from torana.stores.sql.judged import Judged, latest

MOST_EXAMPLES = 20


def read(url: str, tenant: str, last: int) -> list[Judged]:
    """The tenant's latest requests. Blocking; raises what the database raises."""
    if not sql.check(url):
        return []
    with closing(sql.connect(url)) as connection:
        return latest(connection, tenant, last)


def compared(past: Sequence[Judged], tenant: str, now: Snapshot, then: Snapshot) -> Mapping[str, Any]:
    """What would have become of them by the policies of ``then``, beside those of ``now``."""
    counts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    examples: list[str] = []
    old, new = Chains(now.policies, Terms()), Chains(then.policies, Terms())
    for one in past:
        who = place_of(one, tenant)
        row = Past(one.row["dialect"], one.row["model"], one.verdicts, one.findings)
        before = judged(row, old.terms_for(who), now, tenant)
        after = judged(row, new.terms_for(who), then, tenant)
        counts[after.outcome] += 1
        counts["unknown"] += after.unknown
        if after.reason:
            reasons[after.reason] += 1
        counts[turn(before, after)] += 1
        if turn(before, after) == "newly_refused" and len(examples) < MOST_EXAMPLES:
            examples.append(str(one.row["request_id"]))
    return {
        "policy": new.terms_for(Attachment(tenant)).name,
        "requests": len(past),
        **{name: counts[name] for name in (REFUSED, CHANGED, FLAGGED, "newly_refused", "newly_allowed", "unknown")},
        "reasons": dict(reasons.most_common()),
        "examples": examples,
    }


def turn(before: Judgement, after: Judgement) -> str:
    """Whether a request is refused anew, or no more; empty otherwise."""
    if (before.outcome == REFUSED) == (after.outcome == REFUSED):
        return ""
    return "newly_refused" if after.outcome == REFUSED else "newly_allowed"


def place_of(one: Judged, tenant: str) -> Attachment:
    """Who asked."""
    row = one.row
    return Attachment(tenant, row["department"], row["team"], row["user_id"], row["key_id"])
