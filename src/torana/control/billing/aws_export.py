"""Reads Amazon Bedrock's rows of a Cost and Usage Report of AWS, 2.0 or older, as CSV.

Models that AWS sells itself have a usage type that names them; those of the Marketplace, such as Claude, have a product of their own
and a usage type that says tokens alone. It compares nothing; called by ``exports``.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from torana.control.billing.claims import MOST, Claimed, Misshapen, moment_of, money_of, text_of

COLUMNS = {
    "start": ("line_item_usage_start_date", "lineItem/UsageStartDate"),
    "end": ("line_item_usage_end_date", "lineItem/UsageEndDate"),
    "product": ("line_item_product_code", "lineItem/ProductCode"),
    "name": ("product_product_name", "product/ProductName", "product"),
    "what": ("line_item_line_item_type", "lineItem/LineItemType"),
    "type": ("line_item_usage_type", "lineItem/UsageType"),
    "amount": ("line_item_usage_amount", "lineItem/UsageAmount"),
    "cost": ("line_item_unblended_cost", "lineItem/UnblendedCost"),
    "currency": ("line_item_currency_code", "lineItem/CurrencyCode"),
    "resource": ("line_item_resource_id", "lineItem/ResourceId"),
    "principal": ("line_item_iam_principal", "lineItem/IamPrincipal"),
    "unit": ("pricing_unit", "pricing/unit"),
    "id": ("identity_line_item_id", "identity/LineItemId"),
}
"""Ours → CUR 2.0's and the older CUR's names of columns. In CUR 2.0 ``product`` is JSON."""
NEEDED = ("start", "type", "cost")
KINDS = (
    ("cache_read_tokens", re.compile(r"cache[-_]?read", re.IGNORECASE)),
    ("cache_write_tokens", re.compile(r"cache[-_]?write", re.IGNORECASE)),
    ("input_tokens", re.compile(r"input[-_]?token", re.IGNORECASE)),
    ("output_tokens", re.compile(r"output[-_]?token", re.IGNORECASE)),
)
"""Which tokens a usage type of Bedrock counts (AWS, Bedrock user guide, CUR data)."""
USED = frozenset({"", "Usage", "DiscountedUsage", "SavingsPlanCoveredUsage"})
"""Kinds of line items that are usage. Credits, refunds, discounts and what a savings plan takes off again repeat its amounts."""
TAX = "Tax"
REGION = re.compile(r"^[A-Z]{2,4}\d-")
THOUSANDS = re.compile(r"\b1[kK]\b|[tT]housand")
MILLIONS = re.compile(r"\b1[mM]\b|[mM]illion")
MARKET = re.compile(r"-MP:")
"""In usage types of the Marketplace, whose units are millions of tokens."""
EDITION = re.compile(r"\s*\(Amazon Bedrock Edition\)\s*$", re.IGNORECASE)


def aws_cur(text: Any) -> Iterator[Claimed]:
    """Bedrock's rows. Tokens are those of usage, costs those of all rows but taxes, which no record here has."""
    page = str(text).removeprefix("\ufeff")
    reader = csv.DictReader(io.StringIO(page))
    there = reader.fieldnames or ()
    named = {name: next((one for one in columns if one in there), "") for name, columns in COLUMNS.items()}
    if missing := [COLUMNS[name][0] for name in NEEDED if not named[name]]:
        raise Misshapen(f"there is no column {', '.join(missing)}; columns are separated by commas")
    before: set[int] = set()
    for row in reader:
        if None in row or None in row.values():
            raise Misshapen("a row has not the columns of the first line: the file is cut off, or was put together")
        said = {name: text_of(row.get(column)) for name, column in named.items() if column}
        if named["name"] == "product":
            said["name"] = _product_name(text_of_whole(row.get("product")))
        if "bedrock" not in " ".join(said.get(name, "") for name in ("product", "resource", "name")).lower():
            continue
        if said.get("id"):
            mark = hash(tuple(map(str, row.values())))
            if mark in before:
                raise Misshapen("the same line item is there twice")
            before.add(mark)
        if said.get("what") != TAX:
            yield _claimed(said)


def text_of_whole(value: Any) -> str:
    """A text that may be long."""
    return value if isinstance(value, str) else ""


def _product_name(text: str) -> str:
    """The name in the map of CUR 2.0; empty where there is none."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return ""
    return text_of(found.get("product_name")) if isinstance(found, dict) else ""


def _claimed(said: Mapping[str, str]) -> Claimed:
    kind = REGION.sub("", said["type"])
    found = next(((name, match) for name, pattern in KINDS if (match := pattern.search(kind))), None)
    counts = found is not None and said.get("what", "") in USED
    tokens: dict[str, int] = {}
    if counts and found is not None:
        name, _ = found
        tokens = {name: _tokens(said)}
        if name in ("cache_read_tokens", "cache_write_tokens"):
            tokens["input_tokens"] = tokens[name]
    return Claimed(
        moment_of(said["start"], "the start of a row's usage"),
        said.get("principal", ""),
        _model(said, kind, found[1].start() if found is not None else len(kind)),
        currency=said.get("currency", "USD").upper(),
        cost_nano=money_of(said["cost"] or "0", "the cost of a row"),
        counts=counts,
        ends=moment_of(said["end"], "the end of a row's usage") if said.get("end") else 0,
        **tokens,
    )


def _model(said: Mapping[str, str], kind: str, end: int) -> str:
    """The model's name: of the product where it is sold apart, else what stands before the tokens in the usage type."""
    name = said.get("name", "")
    if EDITION.search(name):
        return re.sub(r"[ .]+", "-", EDITION.sub("", name).strip())
    return re.sub(r"(-mantle)?-$", "", kind[:end]) or kind


def _tokens(said: Mapping[str, str]) -> int:
    """How many a row counts: by the thousand or the million where its unit, or the Marketplace, says so."""
    unit = said.get("unit", "")
    by = 1000 if THOUSANDS.search(unit) else 1
    if MILLIONS.search(unit) or (MARKET.search(said["type"]) and by == 1):
        by = 1_000_000
    try:
        amount = Decimal(said.get("amount") or "0") * by
    except InvalidOperation:
        raise Misshapen("the usage of a row is no number with a decimal point") from None
    if not amount.is_finite() or not 0 <= amount < MOST:
        raise Misshapen("the usage of a row is below 0, or beyond all bounds")
    return int(amount.to_integral_value())
