"""Answers about single requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field

from torana.control.usage.asked import shown_ms
from torana.core.money import decimal_text
from torana.ports.receipt import Receipt

_TEXTS = (
    "department",
    "team",
    "key_id",
    "model",
    "provider",
    "upstream_model",
    "dialect",
    "operation",
    "ending",
    "error_code",
    "finish",
    "cache",
    "policy",
)
_COUNTS = (
    "status",
    "input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
    "duration_ms",
    "first_chunk_ms",
    "upstream_ms",
    "overhead_us",
)


class Entry(BaseModel):
    """One request."""

    request_id: str = Field(examples=["req_019aa5f0c1d20000000000000001"])
    receipt_id: str = Field(description="ours, unique: a caller may use a request id again")
    at: str = Field(description="when it came in", examples=["2026-11-01T09:30:00.125Z"])
    department: str
    team: str
    user: str
    key_id: str
    model: str
    provider: str
    upstream_model: str
    dialect: str
    operation: str
    stream: bool
    status: int
    ending: str = Field(examples=["completed"])
    error_code: str
    finish: str
    cache: str = Field(examples=["miss"])
    policy: str
    input_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    output_tokens: int
    reasoning_tokens: int
    cost: str
    currency: str
    priced: bool = Field(description="false: nobody knows the price, and the cost says nothing")
    saved: str = Field(description="what an answer of the cache saved")
    duration_ms: int
    first_chunk_ms: int
    upstream_ms: int = Field(description="of the first chunk's time, spent for providers")
    overhead_us: int = Field(description="spent by the gateway itself")


class Log(BaseModel):
    """A page of requests, the newest first. It may be short, even empty, though more follows."""

    items: list[Entry]
    next_cursor: str | None


class Part(BaseModel):
    """What one kind of token came to."""

    kind: str = Field(examples=["input"])
    count: int = Field(examples=[1000])
    price: str = Field(description="per million of them, or per request", examples=["2.50"])
    per: int = Field(examples=[1000000])
    amount: str = Field(description="exact, before the one rounding to a nano-unit", examples=["0.0025"])


class Explained(BaseModel):
    """How the cost comes about."""

    price_source: str = Field(description="which prices made the cost when it was settled", examples=["config"])
    parts: list[Part] = Field(description="by the prices that the settings in force have for that moment")
    computed: str = Field(description="the parts together, rounded once", examples=["0.0025"])
    recorded: str
    agrees: bool = Field(description="whether the parts come to what was recorded")
    note: str = Field(description="why not, or why there are no parts")


class Detail(Entry):
    """One request in full. Never a text of it, only kinds and places of what was found."""

    address: str
    usage_estimated: bool
    held: str = Field(description="what was held for it before it was sent")
    request_bytes: int
    response_bytes: int
    snapshot: int = Field(description="the version of the configuration that it was judged by")
    attempts: list[dict[str, Any]] = Field(description="the tries, when there was more than one good one")
    dropped: list[dict[str, Any]] = Field(description="candidates that were left out, and why")
    verdicts: list[str]
    findings: list[dict[str, Any]]
    explained: Explained


class Details(BaseModel):
    """All requests with one id: usually one."""

    request_id: str
    items: list[Detail]


def entry(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of usage as members of Entry."""
    return {
        "request_id": row["request_id"],
        "receipt_id": row["receipt_id"],
        "at": shown_ms(row["at_ms"]),
        "user": row["user_id"],
        "stream": bool(row["stream"]),
        "cost": decimal_text(row["cost_nano"]),
        "currency": row["currency"],
        "priced": bool(row["priced"]),
        "saved": decimal_text(row["saved_nano"]),
        **{name: row[name] for name in _TEXTS},
        **{name: row[name] for name in _COUNTS},
    }


def of_receipt(receipt: Receipt) -> dict[str, Any]:
    """A Receipt as members of Entry."""
    row = {name: getattr(receipt, name) for name in (*_TEXTS, *_COUNTS)}
    more = {name: getattr(receipt, name) for name in ("cost_nano", "currency", "priced", "saved_nano", "stream")}
    ids = {"request_id": receipt.request_id, "receipt_id": receipt.receipt_id, "user_id": receipt.user}
    return entry({**row, **more, **ids, "at_ms": int(receipt.at * 1000)})


def detail(row: Mapping[str, Any], explained: Explained) -> Detail:
    """A row with its details."""
    plain = ("address", "request_bytes", "response_bytes", "snapshot", "attempts", "dropped", "verdicts", "findings")
    return Detail(
        **entry(row),
        usage_estimated=bool(row["usage_estimated"]),
        held=decimal_text(row["held_nano"]),
        explained=explained,
        **{name: row[name] for name in plain},
    )
