"""Reads what providers say was used and billed: OpenAI's usage and costs, Anthropic's usage and cost reports, AWS's CUR.

It compares nothing. Raises GatewayError REQUEST_INVALID for what has not the shape it is said to have.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from torana.core.errors import GatewayError
from torana.core.money import nearest_nano

CENTS = 100
MOST_ROWS = 500_000


class Claimed(NamedTuple):
    """One row of an export."""

    at: int
    """The epoch second at which its stretch of time begins."""
    key: str
    model: str
    requests: int = 0
    input_tokens: int = 0
    """All of them, cached or not, as rows here have it."""
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0
    currency: str = ""
    cost_nano: int = 0
    counts: bool = True
    """Whether it says tokens; else it says costs."""


Shape = Callable[[Any], Iterator[Claimed]]


def read(shape: str, data: Any, text: str) -> list[Claimed]:
    """The rows of an export; ``data`` is JSON, ``text`` CSV. Raises GatewayError REQUEST_INVALID."""
    field = "csv" if shape == AWS else "data"
    try:
        found = list(SHAPES[shape](text if shape == AWS else data))
    except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation, OverflowError, csv.Error) as fault:
        message = f"{field}: this has not the shape of {shape}; give the provider's export as it is."
        raise GatewayError("REQUEST_INVALID", message, param=field) from fault
    if len(found) > MOST_ROWS:
        raise GatewayError("REQUEST_INVALID", f"{field}: more than {MOST_ROWS} rows.", param=field)
    return found


def openai_usage(data: Any) -> Iterator[Claimed]:
    """``GET /v1/organization/usage/completions`` (OpenAI API reference, usage): buckets of results."""
    for bucket, row in _buckets(data):
        yield Claimed(
            int(bucket["start_time"]),
            _text(row.get("api_key_id")),
            _text(row.get("model")),
            _count(row, "num_model_requests"),
            _count(row, "input_tokens"),
            _count(row, "input_cached_tokens"),
            0,
            _count(row, "output_tokens"),
        )


def openai_costs(data: Any) -> Iterator[Claimed]:
    """``GET /v1/organization/costs``: amounts; a line item begins with the model (``gpt-4o-mini-2024-07-18, input``)."""
    for bucket, row in _buckets(data):
        amount = row["amount"]
        model = _text(row.get("line_item")).partition(",")[0].strip()
        yield Claimed(
            int(bucket["start_time"]),
            _text(row.get("api_key_id")),
            model,
            currency=_text(amount["currency"]).upper(),
            cost_nano=_money(amount["value"]),
            counts=False,
        )


def anthropic_usage(data: Any) -> Iterator[Claimed]:
    """``GET /v1/organizations/usage_report/messages`` (Anthropic Admin API): input is told in three parts."""
    for bucket, row in _buckets(data):
        made = row.get("cache_creation") or {}
        written = sum(_count(made, name) for name in made) + sum(
            _count(row, name) for name in row if name.startswith("cache_creation_") and name.endswith("_tokens")
        )
        read_ = _count(row, "cache_read_input_tokens")
        yield Claimed(
            _moment(bucket["starting_at"]),
            _text(row.get("api_key_id")),
            _text(row.get("model")),
            0,
            _count(row, "uncached_input_tokens") + read_ + written,
            read_,
            written,
            _count(row, "output_tokens"),
        )


def anthropic_costs(data: Any) -> Iterator[Claimed]:
    """``GET /v1/organizations/cost_report``: amounts are decimal texts in the currency's smallest unit."""
    for bucket, row in _buckets(data):
        model = _text(row.get("model")) or _text(row.get("description"))
        cost = _money(Decimal(str(row["amount"])) / CENTS)
        at = _moment(bucket["starting_at"])
        yield Claimed(at, "", model, currency=_text(row["currency"]).upper(), cost_nano=cost, counts=False)


AWS_COLUMNS = {
    "start": ("line_item_usage_start_date", "lineItem/UsageStartDate"),
    "product": ("line_item_product_code", "lineItem/ProductCode"),
    "type": ("line_item_usage_type", "lineItem/UsageType"),
    "amount": ("line_item_usage_amount", "lineItem/UsageAmount"),
    "cost": ("line_item_unblended_cost", "lineItem/UnblendedCost"),
    "currency": ("line_item_currency_code", "lineItem/CurrencyCode"),
    "resource": ("line_item_resource_id", "lineItem/ResourceId"),
    "principal": ("line_item_iam_principal", "lineItem/IamPrincipal"),
    "unit": ("pricing_unit", "pricing/unit"),
}
"""Ours → CUR 2.0's and the older CUR's names of columns."""
AWS_KINDS = (
    ("cache-read", "cache_read_tokens"),
    ("cache-write", "cache_write_tokens"),
    ("input-token", "input_tokens"),
    ("output-token", "output_tokens"),
)
"""What a usage type of Bedrock has in it → which tokens it counts (AWS, Bedrock user guide, CUR data)."""
REGION = re.compile(r"^[A-Z]{2,4}\d-")
THOUSANDS = re.compile(r"\b1[kK]\b|[tT]housand")


def aws_cur(text: Any) -> Iterator[Claimed]:
    """Rows of Bedrock in a Cost and Usage Report as CSV, 2.0 or older; usage is counted by the thousand where the unit says so."""
    reader = csv.DictReader(io.StringIO(text))
    named = {
        name: next((column for column in columns if column in (reader.fieldnames or ())), "")
        for name, columns in AWS_COLUMNS.items()
    }
    if not (named["type"] and named["cost"] and named["start"]):
        raise ValueError("no columns of a Cost and Usage Report")
    for row in reader:
        said = {name: _text(row.get(column)) for name, column in named.items() if column}
        if "bedrock" not in f"{said.get('product', '')} {said.get('resource', '')}".lower():
            continue
        yield _bedrock(said)


def _bedrock(said: Mapping[str, str]) -> Claimed:
    kind = REGION.sub("", said["type"])
    lowered = kind.lower()
    found = next(((mark, name) for mark, name in AWS_KINDS if mark in lowered), None)
    tokens: dict[str, int] = {}
    model = kind
    if found is not None:
        mark, name = found
        by = 1000 if THOUSANDS.search(said.get("unit", "")) else 1
        count = int((Decimal(said.get("amount") or "0") * by).to_integral_value())
        tokens = {name: count}
        if name in ("cache_read_tokens", "cache_write_tokens"):
            tokens["input_tokens"] = count
        model = re.split(r"-(?:mantle-)?(?=" + mark + ")", kind, maxsplit=1, flags=re.IGNORECASE)[0]
    return Claimed(
        _moment(said["start"]),
        said.get("principal", ""),
        model,
        currency=said.get("currency", "USD").upper(),
        cost_nano=_money(said["cost"] or "0"),
        counts=found is not None,
        **tokens,
    )


def _buckets(data: Any) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """The results of each bucket, of one page or of a list of pages."""
    pages: Iterable[Any] = data if isinstance(data, list) else [data]
    for page in pages:
        buckets = page.get("data", [page])
        for bucket in buckets:
            for row in bucket["results"]:
                yield bucket, row


def _count(row: Mapping[str, Any], name: str) -> int:
    value = row.get(name) or 0
    if isinstance(value, bool) or int(value) != value or value < 0:
        raise ValueError("a count is a whole number")
    return int(value)


def _text(value: Any) -> str:
    return "" if value is None else str(value)[:256]


def _money(value: Any) -> int:
    amount = Decimal(str(value))
    if not amount.is_finite() or abs(amount) > Decimal(10) ** 12:
        raise ValueError("an amount is finite")
    return nearest_nano(amount)


def _moment(text: str) -> int:
    found = datetime.fromisoformat(text)
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())


AWS = "aws_cur"
SHAPES: Mapping[str, Shape] = {
    "openai_usage": openai_usage,
    "openai_costs": openai_costs,
    "anthropic_usage": anthropic_usage,
    "anthropic_costs": anthropic_costs,
    AWS: aws_cur,
}
