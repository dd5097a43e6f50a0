"""Receipts for tests: all fields filled, each test says only what it is about."""

from __future__ import annotations

from typing import Any

from torana.core.tickets import Attempted
from torana.ports.receipt import Receipt

AT = 1_750_000_000.0


def a_receipt(number: int = 0, **fields: Any) -> Receipt:
    """A plain good exchange. Receipts of different numbers differ in their ids and their second."""
    filled: dict[str, Any] = {
        "receipt_id": f"rcp-{int((AT + number) * 1000):012x}{number:016x}",
        "request_id": f"req-{int((AT + number) * 1000):012x}{number:016x}",
        "at": AT + number,
        "tenant": "acme",
        "department": "finance",
        "team": "finance-team",
        "user": "priya",
        "key_id": "key-1",
        "dialect": "openai_chat",
        "operation": "chat",
        "model": "gpt-4o-mini",
        "provider": "first",
        "upstream_model": "gpt-4o-mini-2026",
        "stream": False,
        "status": 200,
        "ending": "completed",
        "error_code": "",
        "finish": "stop",
        "input_tokens": 100,
        "cache_read_tokens": 10,
        "cache_write_tokens": 5,
        "output_tokens": 20,
        "reasoning_tokens": 3,
        "usage_estimated": False,
        "cost_nano": 12_345,
        "currency": "USD",
        "priced": True,
        "held_nano": 99_999,
        "duration_ms": 800,
        "first_chunk_ms": 300,
        "upstream_ms": 290,
        "overhead_us": 700,
        "request_bytes": 730,
        "response_bytes": 740,
        "cache": "bypass",
        "policy": "default@1",
        "snapshot": 1,
        "address": "192.0.2.7",
        "attempts": [Attempted("first", "gpt-4o-mini-2026", "ok", 290)],
        "dropped": [],
        "verdicts": [],
        "price": "config",
    }
    return Receipt(**{**filled, **fields})


def some_receipts(count: int, since: int = 0, **fields: Any) -> list[Receipt]:
    """Receipts numbered from ``since`` on."""
    return [a_receipt(number, **fields) for number in range(since, since + count)]
