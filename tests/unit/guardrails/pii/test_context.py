from __future__ import annotations

import pytest

from torana.guardrails.pii import context


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("call me on ", "phone"), ("my number is ", "phone"), ("mera naya number ", "phone"), ("my Japanese number is ", "phone"),
        ("order no. ", "other"), ("my order no is ", "other"), ("mera khata number ", "account"), ("a/c no: ", "account"),
        ("aadhaar card number ", "aadhaar"), ("PAN card ", "pan"), ("credit card ", "card"), ("social security number ", "ssn"),
        ("UPI id ", "upi"), ("customer id ", "other"), ("the customer ", ""), ("patient id ", "medical"), ("the patient ", ""),
        ("driver's licence ", "licence"), ("D.O.B: ", "birth"), ("मोबाइल ", "phone"), ("खाता संख्या ", "account"), ("₹", "other"),
        ("", ""), ("nothing said ", ""),
    ],
)  # fmt: skip
def test_the_words_before_say_what_comes(words: str, expected: str) -> None:
    assert context.before(words + "123", len(words)) == expected


def test_the_nearest_word_counts() -> None:
    text = "order 1 was late, call 123"
    assert context.before(text, text.index("123")) == "phone"


def test_what_is_nobodys_own_reaches_no_further_than_its_clause() -> None:
    assert context.before("the order came. 123", 16) == ""
    assert context.before("the order came 123", 15) == "other"


def test_a_word_cut_by_the_reach_does_not_count() -> None:
    text = "rephone" + " " * (context.REACH - 5) + "123"
    assert context.before(text, text.index("123")) == ""
