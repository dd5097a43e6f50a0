from __future__ import annotations

import pytest

from tests.receipts import a_receipt
from torana.core.tickets import Found
from torana.ports.guardrail import Finding
from torana.records.masking import Mask
from torana.records.sanitising import REMEMBERED, Sanitiser


class Counting:
    """Finds "Asha" and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def look(self, text: str) -> list[Finding]:
        self.asked += 1
        at = text.find("Asha")
        return [Finding("person", at, at + 4)] if at >= 0 else []


def sanitiser(*, addresses: bool = False) -> Sanitiser:
    return Sanitiser(Mask(b"k" * 32, Counting().look), addresses=addresses)


@pytest.mark.parametrize("field", ["model", "finish", "error_code", "request_id"])
def test_what_a_caller_or_a_provider_put_into_a_field_is_masked(field: str) -> None:
    receipt = sanitiser().receipt(a_receipt(1, **{field: "of-Asha"}))
    assert str(getattr(receipt, field)).startswith("of-<person:")


def test_the_path_of_a_finding_is_masked() -> None:
    found = Found("pii@1", "email", "input", "messages[0].arguments.Asha", 0, 4, "d", "block")
    (kept,) = sanitiser().receipt(a_receipt(1, findings=[found])).findings
    assert kept.path.startswith("messages[0].arguments.<person:")
    assert kept._replace(path="") == found._replace(path="")


def test_who_called_stays() -> None:
    assert sanitiser().receipt(a_receipt(1, user="Asha", tenant="Asha")).user == "Asha"


def test_a_receipt_with_nothing_to_take_out_is_handed_on_as_it_is() -> None:
    receipt = a_receipt(1)
    assert sanitiser().receipt(receipt) is receipt


def test_addresses_are_hashed_on_request() -> None:
    receipt = a_receipt(1, address="2001:db8::1")
    assert sanitiser().receipt(receipt).address == "2001:db8::1"
    assert sanitiser(addresses=True).receipt(receipt).address.startswith("hmac:")


def test_the_receipt_given_is_not_changed() -> None:
    receipt = a_receipt(1, model="of-Asha")
    sanitiser().receipt(receipt)
    assert receipt.model == "of-Asha"


def test_a_text_that_comes_again_is_not_looked_at_again_and_memory_is_bounded() -> None:
    counting = Counting()
    clean = Sanitiser(Mask(b"k" * 32, counting.look))
    for number in range(REMEMBERED * 2):
        clean.text(f"m{number % 10}")
    assert counting.asked == 10
    for number in range(REMEMBERED * 2):
        clean.text(f"n{number}")
    assert len(clean._seen) <= REMEMBERED
