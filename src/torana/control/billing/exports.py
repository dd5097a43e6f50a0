"""Reads what providers say was used and billed: OpenAI's usage and costs, Anthropic's usage and cost reports, AWS's CUR.

It compares nothing. Raises GatewayError REQUEST_INVALID for what has not the shape it is said to have.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import Any

from torana.control.billing.aws_export import aws_cur
from torana.control.billing.claims import Claimed, Misshapen, count_of, moment_of, money_of, text_of
from torana.core.errors import GatewayError

CENTS = 100
DAY_S = 86_400
MOST_ROWS = 500_000
FAULTS = (
    KeyError, TypeError, ValueError, AttributeError, InvalidOperation, OverflowError, RecursionError, csv.Error,
)  # fmt: skip
"""What reading raises for what has another shape."""


Shape = Callable[[Any], Iterator[Claimed]]


def read(shape: str, data: Any, text: str) -> list[Claimed]:
    """The rows of an export; ``data`` is JSON, ``text`` CSV. Raises GatewayError REQUEST_INVALID."""
    field = "csv" if shape == AWS else "data"
    found: list[Claimed] = []
    try:
        for one in SHAPES[shape](text if shape == AWS else data):
            found.append(one)
            if len(found) > MOST_ROWS:
                raise GatewayError("REQUEST_INVALID", f"{field}: more than {MOST_ROWS} rows.", param=field)
    except FAULTS as fault:
        message = (
            f"{field}: this has not the shape of {shape}{_why(fault, len(found))}. Give the provider's export as it is."
        )
        raise GatewayError("REQUEST_INVALID", message, param=field) from fault
    return found


def _why(fault: Exception, read_before: int) -> str:
    """What is wrong, and how many rows were right before; never a value."""
    if isinstance(fault, KeyError):  # a name of ours: values are looked for by no other
        why = f"there is no {fault.args[0]}"
    elif isinstance(fault, Misshapen):
        why = str(fault)
    else:
        return ""
    return f": {why}" + (f", after {read_before} rows" if read_before else "")


def openai_usage(data: Any) -> Iterator[Claimed]:
    """``GET /v1/organization/usage/completions`` (OpenAI API reference, usage): buckets of results."""
    for bucket, row in _buckets(data):
        yield Claimed(
            moment_of(bucket["start_time"], "start_time"),
            text_of(row.get("api_key_id")),
            text_of(row.get("model")),
            count_of(row, "num_model_requests"),
            count_of(row, "input_tokens"),
            count_of(row, "input_cached_tokens"),
            0,
            count_of(row, "output_tokens"),
        )


def openai_costs(data: Any) -> Iterator[Claimed]:
    """``GET /v1/organization/costs``: amounts; a line item begins with the model (``gpt-4o-mini-2024-07-18, input``)."""
    for bucket, row in _buckets(data):
        amount = row["amount"]
        model = text_of(row.get("line_item")).partition(",")[0].strip()
        yield Claimed(
            moment_of(bucket["start_time"], "start_time"),
            text_of(row.get("api_key_id")),
            model,
            currency=text_of(amount["currency"]).upper(),
            cost_nano=money_of(amount["value"], "an amount"),
            counts=False,
        )


def anthropic_usage(data: Any) -> Iterator[Claimed]:
    """``GET /v1/organizations/usage_report/messages`` (Anthropic Admin API): input is told in three parts."""
    for bucket, row in _buckets(data):
        made = row.get("cache_creation") or {}
        written = sum(count_of(made, name) for name in made) + sum(
            count_of(row, name) for name in row if name.startswith("cache_creation_") and name.endswith("_tokens")
        )
        read_ = count_of(row, "cache_read_input_tokens")
        yield Claimed(
            moment_of(bucket["starting_at"], "starting_at"),
            text_of(row.get("api_key_id")),
            text_of(row.get("model")),
            0,
            count_of(row, "uncached_input_tokens") + read_ + written,
            read_,
            written,
            count_of(row, "output_tokens"),
        )


def anthropic_costs(data: Any) -> Iterator[Claimed]:
    """``GET /v1/organizations/cost_report``: amounts are decimal texts in the currency's smallest unit."""
    for bucket, row in _buckets(data):
        model = text_of(row.get("model")) or text_of(row.get("description"))
        cost = money_of(_whole_units(row["amount"]), "an amount")
        at = moment_of(bucket["starting_at"], "starting_at")
        yield Claimed(at, "", model, currency=text_of(row["currency"]).upper(), cost_nano=cost, counts=False)


def period(data: Any, claims: Iterable[Claimed]) -> tuple[int, int]:
    """The time that an export is about, epoch seconds: from its first bucket to the end of its last, empty ones too.

    Where no end is told, to that of the day (UTC).
    """
    times: list[tuple[int, int]] = []
    for page in data if isinstance(data, list) else [data]:
        for bucket in (page.get("data", [page]) if isinstance(page, dict) else None) or ():
            with suppress(ValueError, TypeError, KeyError):  # an empty one may be anything
                first, last = ("start_time", "end_time") if "start_time" in bucket else ("starting_at", "ending_at")
                at = moment_of(bucket[first], first)
                times.append((at, moment_of(bucket[last], last) if bucket.get(last) else end_of_day(at)))
    times = times or [(one.at, one.ends or end_of_day(one.at)) for one in claims]
    return min(at for at, _ in times), max(end for _, end in times)


def end_of_day(at: int) -> int:
    """The end of the day (UTC) that a moment lies in: exports are by days of UTC."""
    return at - at % DAY_S + DAY_S


def _buckets(data: Any) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """The results of each bucket, of one page or of a list of pages. Raises Misshapen for a bucket that comes again."""
    pages: Iterable[Any] = data if isinstance(data, list) else [data]
    before: set[bytes] = set()
    for page in pages:
        buckets = page.get("data", [page])
        for bucket in buckets:
            mark = sha256(json.dumps(bucket, sort_keys=True).encode()).digest()
            if bucket["results"] and mark in before:
                raise Misshapen("the same bucket of results is there twice")
            before.add(mark)
            for row in bucket["results"]:
                yield bucket, row


def _whole_units(cents: Any) -> Any:
    """Of an amount in the currency's smallest unit; what is no number stays what it is, to be refused."""
    try:
        return Decimal(str(cents)) / CENTS
    except InvalidOperation:
        return cents


AWS = "aws_cur"
SHAPES: Mapping[str, Shape] = {
    "openai_usage": openai_usage,
    "openai_costs": openai_costs,
    "anthropic_usage": anthropic_usage,
    "anthropic_costs": anthropic_costs,
    AWS: aws_cur,
}
