"""What stands in the place of a finding: its kind, what its owner knows it by, or a token; never more."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.line.guard_change import RESTORE, Change, changed, mask, merged


@pytest.mark.parametrize(
    ("value", "kind", "masked"),
    [
        ("ann.smith@example.org", "email", "a***@example.org"),
        ("@", "email", "***"),
        ("4111 1111 1111 1111", "credit_card", "**** **** **** 1111"),
        ("123-45-6789", "ssn", "***-**-6789"),
        ("12345", "ssn", "*****"),
        ("Ann Smith", "person", "A** S****"),
        ("2001:db8::1", "ip", "***********"),
        ("hunter2", "password", "*******"),
    ],
)
def test_masks(value: str, kind: str, masked: str) -> None:
    assert mask(value, kind) == masked


@given(st.text(min_size=1), st.sampled_from(["email", "phone", "person", "ip", "secret", "pan"]))
def test_a_mask_of_a_number_shows_four_signs_at_most_and_of_a_secret_none(value: str, kind: str) -> None:
    masked = mask(value, kind)
    if kind in ("phone", "pan"):
        assert sum(sign.isalnum() for sign in masked) <= 4
    if kind in ("ip", "secret"):
        assert set(masked) == {"*"}


def test_changes_that_overlap_are_one_of_the_strictest_mode_and_the_longest_kind() -> None:
    changes = [Change(8, 12, "b", "mask"), Change(0, 10, "a", "tokenise"), Change(20, 21, "c", "mask")]
    assert merged(changes) == [Change(0, 12, "a", "tokenise"), Change(20, 21, "c", "mask")]
    assert merged([Change(0, 3, "a", "mask"), Change(1, 9, "b", "redact")]) == [Change(0, 9, "b", "redact")]
    assert merged([Change(0, 3, "a", "mask"), Change(3, 5, "b", "redact")])[1].start == 3


def test_a_token_within_a_finding_does_not_come_back() -> None:
    (one,) = merged([Change(2, 8, "", RESTORE, "value"), Change(0, 10, "secret", "redact")])
    assert changed("0123456789", [one], lambda kind, value: "") == "[SECRET]"


def test_all_else_stays() -> None:
    changes = [Change(0, 1, "a", "redact"), Change(2, 3, "b", "tokenise"), Change(4, 5, "", RESTORE, "xyz")]
    assert changed("0-1-2", changes, lambda kind, value: f"<{kind}{value}>") == "[A]-<b1>-xyz"
