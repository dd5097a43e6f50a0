"""What policies would have made of a request that is over, as far as its record tells.

Pure. Texts are not kept, so a guardrail that did not look then is unknown now. Called for dry-runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from torana.core.policies import STRICTNESS, Terms
from torana.core.snapshot import Snapshot
from torana.line.chains import sides_of
from torana.line.narrowing import would_refuse

REFUSED, CHANGED, FLAGGED, UNTOUCHED = "refused", "changed", "flagged", "untouched"
CHANGING = ("mask", "tokenise", "redact")


class Past(NamedTuple):
    """A request that is over."""

    dialect: str
    model: str
    verdicts: Sequence[str] = ()
    findings: Sequence[Mapping[str, Any]] = ()


class Judgement(NamedTuple):
    """What would have become of it."""

    outcome: str
    reason: str = ""
    """What refuses or changes it."""
    unknown: bool = False
    """Whether a guardrail would look that did not look then."""


def judged(past: Past, terms: Terms, snapshot: Snapshot, tenant: str) -> Judgement:
    """What these Terms say of it."""
    model = snapshot.models_of(tenant).get(past.model)
    if model is not None:
        refusal = would_refuse(terms, model, past.dialect, snapshot.provider_kinds)
    else:
        refusal = "" if terms.models.permits(past.model) else "model"
    if refusal:
        return Judgement(REFUSED, refusal)
    done = {(one.guardrail_id, side): one.mode for one in terms.guardrails if not one.shadow for side in sides_of(one)}
    looked = {heard(verdict) for verdict in past.verdicts}
    unknown = any(place not in looked for place in done)
    worst, reason = "", ""
    for name, side in seen(past.findings):
        mode = done.get((name, side), "")
        if mode and STRICTNESS[mode] > STRICTNESS.get(worst, -1):
            worst, reason = mode, f"guardrail {name}"
    outcome = REFUSED if worst == "block" else CHANGED if worst in CHANGING else FLAGGED if worst else UNTOUCHED
    return Judgement(outcome, reason if outcome in (REFUSED, CHANGED) else "", unknown)


def seen(findings: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Guardrail ids and sides of findings, each once."""
    pairs = ((str(one.get("guardrail", "")).partition("@")[0], str(one.get("side", ""))) for one in findings)
    return list(dict.fromkeys(pairs))


def heard(verdict: str) -> tuple[str, str]:
    """Which guardrail looked at which side: ``pii@1f0c:pass:output`` → pii and output."""
    name, _, rest = verdict.partition(":")
    return name.partition("@")[0], "output" if rest.endswith(":output") else "input"
