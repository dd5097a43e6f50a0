"""What a period comes to: lines that add up to the usage rows to the nano-unit, margin, taxes, one explicit rounding.

Pure integer arithmetic; ``core.money`` rounds. Called by the routes of the room.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from torana.control.billing.plans import Plan, Rates
from torana.core.money import NANO, decimal_text, nano_from_decimal, rounded, rounded_nano
from torana.ports.usage import Line as Usage
from torana.ports.usage import Sums

BASIS_POINTS = 10_000
NOTHING = Sums()


RERATED = "Past usage rated again"


class Adjustment(NamedTuple):
    """What is billed of an hour's or a day's usage beside, or less than, its record."""

    day: int
    """The epoch second at which it begins."""
    currency: str
    difference_nano: int
    why: str = RERATED


@dataclass(slots=True)
class BillLine:
    """One line. Its amount is of the bill's currency, exact to the nano-unit."""

    kind: str
    """usage, conversion, adjustment, margin, included, users, tax, rounding, credit."""
    description: str
    amount_nano: int
    quantity: int = 1
    unit: str = ""
    unit_price: str = ""
    source_currency: str = ""
    source_nano: int = 0
    """Before conversion."""
    sums: Sums = NOTHING

    def shown(self) -> dict[str, object]:
        """As a document has it."""
        told: dict[str, object] = {
            "kind": self.kind,
            "description": self.description,
            "quantity": self.quantity,
            "unit": self.unit,
            "unit_price": self.unit_price,
            "amount": decimal_text(self.amount_nano),
        }
        if self.kind == "usage":
            told |= {
                "source_currency": self.source_currency,
                "source_amount": decimal_text(self.source_nano),
                "input_tokens": self.sums.input_tokens,
                "output_tokens": self.sums.output_tokens,
            }
        return told


@dataclass(slots=True)
class Bill:
    """All lines, in order. The total is their sum."""

    currency: str
    lines: list[BillLine] = field(default_factory=list)

    def sum_of(self, *kinds: str) -> int:
        """The lines of these kinds together, nano-units; all without one."""
        return sum(one.amount_nano for one in self.lines if not kinds or one.kind in kinds)

    @property
    def usage_nano(self) -> int:
        """What the usage rows come to in the bill's currency."""
        return self.sum_of("usage", "conversion")

    @property
    def net_nano(self) -> int:
        """Before taxes and rounding."""
        return self.sum_of() - self.sum_of("tax", "rounding")

    @property
    def total_nano(self) -> int:
        """What is to be paid."""
        return self.sum_of()


class Counted(NamedTuple):
    """What a bill is made of."""

    usage: Sequence[Usage]
    """Sums by hour or day and name."""
    users: int = 0
    adjustments: Sequence[Adjustment] = ()
    late: Sequence[Adjustment] = ()
    """Usage that was recorded after its period was billed."""
    late_users: Mapping[int, int] = {}
    """When such a period began → how many more people were active in it."""


def bill(plan: Plan, rates: Rates, counted: Counted) -> Bill:
    """The bill. Raises GatewayError REQUEST_INVALID for want of an exchange rate."""
    made = Bill(plan.currency)
    made.lines += usage_lines(counted.usage, rates)
    made.lines += adjustment_lines((*counted.adjustments, *counted.late), rates)
    base = made.total_nano
    margin = with_margin(plan, base) - base
    if margin:
        made.lines.append(BillLine("margin", f"Margin {per_cent(plan.margin_bp)} on token costs", margin))
    included = min(nano_from_decimal(plan.included), max(0, base + margin))
    if included:
        made.lines.append(BillLine("included", "Included in the plan", -included))
    price = nano_from_decimal(plan.price_per_user)
    if counted.users and price:
        users = BillLine("users", "Active users", price * counted.users, counted.users, "user", decimal_text(price))
        made.lines.append(users)
    more = sum(counted.late_users.values())
    if more and price:
        made.lines.append(
            BillLine(
                "users", "Active users of other periods, known since", price * more, more, "user", decimal_text(price)
            )
        )
    made.lines += tax_lines(plan, made.net_nano)
    made.lines += rounding_line(made.total_nano, plan.minor)
    return made


def with_margin(plan: Plan, base_nano: int) -> int:
    """Token costs and the plan's margin on them."""
    return base_nano + rounded_nano(base_nano * plan.margin_bp, BASIS_POINTS)


def usage_lines(usage: Iterable[Usage], rates: Rates) -> list[BillLine]:
    """A line for each name and currency, and one for what their conversions rounded away, if anything.

    Each day is converted at its own rate, each line rounded once; all lines together are the exact sum rounded once.
    """
    exact: dict[tuple[str, str], int] = defaultdict(int)
    sums: dict[tuple[str, str], Sums] = {}
    for one in usage:
        key = (one.name, one.currency)
        if one.sums.cost_nano:
            exact[key] += one.sums.cost_nano * rates.at(one.currency, one.at)
        sums[key] = Sums(*map(sum, zip(sums.get(key, Sums()), one.sums, strict=True)))
    lines = [
        BillLine(
            "usage",
            name or "(no model)",
            rounded_nano(exact[name, currency], NANO),
            sums[name, currency].requests,
            "request",
            source_currency=currency,
            source_nano=sums[name, currency].cost_nano,
            sums=sums[name, currency],
        )
        for name, currency in sorted(sums, key=lambda key: (-exact[key], key))
    ]
    rest = rounded_nano(sum(exact.values()), NANO) - sum(one.amount_nano for one in lines)
    return lines + ([BillLine("conversion", "Rounding of conversions", rest)] if rest else [])


def adjustment_lines(adjustments: Iterable[Adjustment], rates: Rates) -> list[BillLine]:
    """One line for all of a reason and a currency."""
    exact: dict[tuple[str, str], int] = defaultdict(int)
    for one in adjustments:
        exact[one.why, one.currency] += one.difference_nano * rates.at(one.currency, one.day)
    return [
        BillLine("adjustment", f"{why} ({currency})", rounded_nano(total, NANO))
        for (why, currency), total in sorted(exact.items(), key=lambda one: (one[0][0] != RERATED, one[0]))
        if total
    ]


def tax_lines(plan: Plan, net_nano: int) -> list[BillLine]:
    """A line for each tax on the net amount."""
    return [
        BillLine("tax", f"{tax.name} {per_cent(tax.rate_bp)}", rounded_nano(net_nano * tax.rate_bp, BASIS_POINTS))
        for tax in plan.taxes
    ]


def rounding_line(total_nano: int, decimals: int) -> list[BillLine]:
    """What brings the total to the currency's smallest unit, if anything: half to even."""
    rest = payable(total_nano, decimals) - total_nano
    return [BillLine("rounding", "Rounding", rest)] if rest else []


def payable(total_nano: int, decimals: int) -> int:
    """The amount in whole smallest units."""
    return nano_from_decimal(rounded(total_nano, decimals))


def per_cent(basis_points: int) -> str:
    """Basis points for people."""
    whole, rest = divmod(basis_points, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".") + " %" if rest else f"{whole} %"
