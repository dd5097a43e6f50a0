"""Usage that is recorded after its period was billed comes on the next invoice: never lost, never twice, in three currencies."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.control.standing import ADMIN, Said, Standing, key_of
from tests.control.usage import DAY, plant, spread

pytestmark = pytest.mark.xdist_group("late")  # one follows from another

MAY = 1_777_593_600
"""2026-05-01 in UTC."""
MONTHS = {
    "may": ("2026-05-01", "2026-06-01"),
    "june": ("2026-06-01", "2026-07-01"),
    "july": ("2026-07-01", "2026-08-01"),
}
PLAN = {
    "currency": "EUR",
    "margin_bp": 0,
    "price_per_user": "1.00",
    "rates": [{"from": "USD", "to": "EUR", "rate": "0.5", "since": "2020-01-01"},
              {"from": "INR", "to": "EUR", "rate": "0.01", "since": "2020-01-01"}],
}  # fmt: skip


def ask(standing: Standing, method: str, path: str, body: Any = None) -> Said:
    return standing.ask(method, f"{ADMIN}/billing/{path}", key_of("admin", "globex"), body)


def used(standing: Standing, number: int, at: float, cost: int, currency: str = "USD", user: str = "ann") -> None:
    plant(
        standing,
        spread(
            number, at, tenant="globex", cost_nano=cost * 1_000_000_000 + 1, currency=currency, user=user, model="m"
        ),
    )


def issued(standing: Standing, month: str) -> Any:
    since, until = MONTHS[month]
    said = ask(standing, "POST", "invoice", {"since": since, "until": until, "issue": True})
    assert said.status == 201, said.body
    return said.body


def amounts(invoice: Any, kind: str) -> dict[str, Decimal]:
    rows = [one for one in invoice["lines"] if one["kind"] == kind]
    return {f"{one['description']} {one['source_currency'] or ''}".strip(): Decimal(one["amount"]) for one in rows}


def nanos(*costs: tuple[int, str]) -> Decimal:
    """What so many units, and a nano-unit of each, come to in euros."""
    rates = {"USD": Decimal("0.5"), "INR": Decimal("0.01"), "EUR": Decimal(1)}
    return sum((cost + Decimal("1e-9")) * rates[currency] for cost, currency in costs)


@pytest.fixture(scope="module")
def billed(standing: Standing) -> Standing:
    assert ask(standing, "PUT", "plan", PLAN).status == 200
    for number, (cost, currency) in enumerate(((10, "USD"), (200, "INR"), (3, "EUR"))):
        used(standing, 300 + number, MAY + DAY, cost, currency)
    return standing


def test_late_usage_comes_on_the_next_invoice_once_and_back_when_that_is_credited(billed: Standing) -> None:
    may = issued(billed, "may")
    assert sum(amounts(may, "usage").values()) + sum(amounts(may, "conversion").values()) == nanos(
        (10, "USD"), (200, "INR"), (3, "EUR")
    ).quantize(Decimal("1e-9"))
    # Three currencies, one of a day that nobody had used, one person more.
    used(billed, 310, MAY + DAY, 4, "USD")
    used(billed, 311, MAY + 20 * DAY, 50, "INR", user="ben")
    used(billed, 312, MAY + DAY, 7, "EUR")
    used(billed, 313, MAY + 32 * DAY, 1, "USD")
    assert ask(billed, "GET", f"invoices/{may['id']}").body["lines"] == may["lines"], "what was issued stays"

    label = f"Used earlier, recorded after {may['number']}"
    june = issued(billed, "june")
    assert amounts(june, "adjustment") == {
        f"{label} (USD)": Decimal("2.000000000"), f"{label} (INR)": Decimal("0.5"), f"{label} (EUR)": Decimal("7.000000001"),
    }  # fmt: skip
    assert amounts(june, "users") == {"Active users": 1, "Active users of other periods, known since": 1}
    assert sum(Decimal(one["amount"]) for one in june["lines"]) == Decimal(june["total"])

    used(billed, 320, MAY + DAY, 2, "EUR")
    july = issued(billed, "july")
    assert amounts(july, "adjustment") == {f"{label} (EUR)": Decimal("2.000000001")}, "only what is new since"
    assert amounts(july, "users") == {}

    # Credited in full, what June had of May is open again: July's is not.
    assert ask(billed, "POST", f"invoices/{june['id']}/credit", {"reason": "wrong buyer"}).status == 201
    again = issued(billed, "june")
    assert (amounts(again, "adjustment"), amounts(again, "users")) == (
        amounts(june, "adjustment"),
        amounts(june, "users"),
    )
    # May itself made anew has all of its usage, less what later ones billed of it.
    assert ask(billed, "POST", f"invoices/{may['id']}/credit", {"reason": "wrong buyer"}).status == 201
    anew = issued(billed, "may")
    taken = {name: amount for name, amount in amounts(anew, "adjustment").items() if amount < 0}
    assert sum(taken.values()) == -(
        sum(amounts(again, "adjustment").values()) + sum(amounts(july, "adjustment").values())
    )
    net = sum(sum(amounts(anew, kind).values()) for kind in ("usage", "conversion", "adjustment"))
    assert net == sum(amounts(may, "usage").values()) + sum(amounts(may, "conversion").values())
    assert amounts(anew, "users") == {"Active users": 2, "Active users of other periods, known since": -1}


def test_everything_billed_is_everything_used(billed: Standing) -> None:
    items = ask(billed, "GET", "invoices?limit=100").body["items"]
    documents = [ask(billed, "GET", f"invoices/{one['id']}").body for one in items]
    billed_sum = sum(
        Decimal(line["amount"])
        for one in documents
        for line in one["lines"]
        if line["kind"] in ("usage", "conversion", "adjustment", "credit")
    )
    seats = sum(Decimal(line["amount"]) for one in documents for line in one["lines"] if line["kind"] == "users")
    credited_seats = Decimal(3)  # of May (1) and of June (2), which were credited with their usage
    used_sum = nanos((10, "USD"), (200, "INR"), (3, "EUR"), (4, "USD"), (50, "INR"), (7, "EUR"), (1, "USD"), (2, "EUR"))
    assert abs(billed_sum + credited_seats - used_sum) < Decimal("2e-8"), "to the rounding of each line"
    assert seats == 3 + 3, "two in May and one in June are left"
