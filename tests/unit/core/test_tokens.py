"""What revocations name: one token by its id, or what a subject was issued before a moment, in one tenant."""

from __future__ import annotations

import pytest

from torana.core.tokens import BY_ID, BY_SUBJECT, Revocation, Revoked, Token

TOKEN = Token("https://a.test", "sub-1", "t1", 100.0, 900.0, {})


def revoked(*rows: Revocation) -> Revoked:
    made = Revoked()
    made.take(rows)
    return made


@pytest.mark.parametrize(
    ("row", "named"),
    [
        (Revocation("acme", BY_ID, "t1"), True),
        (Revocation("acme", BY_ID, "t1", issuer="https://a.test"), True),
        (Revocation("acme", BY_ID, "t1", issuer="https://b.test"), False),
        (Revocation("globex", BY_ID, "t1"), False),
        (Revocation("acme", BY_ID, "sub-1"), False),
        (Revocation("acme", BY_SUBJECT, "sub-1", 100.5), True),
        (Revocation("acme", BY_SUBJECT, "sub-1", 100.0), False),
        (Revocation("acme", BY_SUBJECT, "sub-1", 99.0), False),
        (Revocation("acme", BY_SUBJECT, "ann", 101.0), True),
        (Revocation("acme", BY_SUBJECT, "sub-1", 101.0, "https://b.test"), False),
        (Revocation("globex", BY_SUBJECT, "sub-1", 101.0), False),
        (Revocation("acme", BY_SUBJECT, "t1", 101.0), False),
    ],
)
def test_a_row_names_what_it_says_and_nothing_else(row: Revocation, named: bool) -> None:
    assert revoked(row).names("acme", "ann", TOKEN) is named


def test_a_token_that_does_not_say_when_it_was_issued_counts_as_issued_before() -> None:
    token = TOKEN._replace(issued_at=None)
    assert revoked(Revocation("acme", BY_SUBJECT, "sub-1", 1.0)).names("acme", "ann", token)


def test_a_token_without_an_id_is_named_by_no_id() -> None:
    assert not revoked(Revocation("acme", BY_ID, "")).names("acme", "ann", TOKEN._replace(token_id=""))


def test_of_two_rows_for_one_subject_the_later_moment_counts() -> None:
    rows = [Revocation("acme", BY_SUBJECT, "ann", 200.0), Revocation("acme", BY_SUBJECT, "ann", 50.0)]
    assert revoked(*rows).names("acme", "ann", TOKEN)


def test_each_list_takes_the_place_of_the_one_before_and_grows_the_epoch() -> None:
    made = revoked(Revocation("acme", BY_ID, "t1"))
    epoch = made.epoch
    made.take([])
    assert not made.names("acme", "ann", TOKEN)
    assert made.epoch > epoch
