"""What the gateway answers as rows and columns that the dashboard draws. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

WELL = "closed"
"""The state of a breaker that lets requests pass."""
Row = dict[str, Any]


class Health(NamedTuple):
    """Of the deployments that the caller may use."""

    rows: list[Row]
    well: int


def health(answer: Mapping[str, Any]) -> Health:
    """A row for each deployment; how many of them are well."""
    rows = []
    for one in answer["data"]:
        rests = one["cooling_until"] is not None
        state = "resting" if rests else "well" if one["breaker"] == WELL else str(one["breaker"])
        rows.append(
            {
                "provider": one["provider"], "model": one["model"], "serves": ", ".join(one["models"]), "state": state,
                "latency ms": one["latency_ms"], "in flight": one["in_flight"],
            }
        )  # fmt: skip
    return Health(rows, sum(row["state"] == "well" for row in rows))


def budgets(answer: Mapping[str, Any]) -> list[Row]:
    """A row for each budget and subject, the fullest first. Amounts stay the texts that they are."""
    rows = []
    for one in answer["items"]:
        limit, used = float(one["limit"]), float(one["spent"]) + float(one["held"])
        about = ", ".join(f"{scope} {name}" for scope, name in one["about"].items())
        rows.append(
            {
                "budget": one["budget"], "about": about, "per": one["per"], "used %": round(100 * used / limit, 1) if limit else 0.0,
                "spent": one["spent"], "held": one["held"], "limit": one["limit"], "resets at": one["resets_at"],
            }
        )  # fmt: skip
    return sorted(rows, key=lambda row: -row["used %"])


def costs(answer: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Columns for a chart: when, cost and what the cache saved. Numbers for the eye, not for the books."""
    items: Sequence[Mapping[str, Any]] = answer["items"]
    return {
        "at": [one["at"][:10] for one in items],
        "cost": [float(one["cost"]) for one in items],
        "saved": [float(one["saved"]) for one in items],
    }


def found(pages: Sequence[Mapping[str, Any]]) -> list[Row]:
    """How often what was found, and what became of it, the most frequent first."""
    counted = Counter((one["kind"], one["guardrail"], one["does"]) for page in pages for one in page["items"])
    return [
        {"kind": kind, "guardrail": guardrail, "led to": does, "times": times}
        for (kind, guardrail, does), times in counted.most_common()
    ]
