"""Claims become a caller by the configuration's mapping; names that nobody knows let nobody in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.line.world import snapshot
from torana.core.errors import GatewayError
from torana.core.snapshot import IssuerEntry
from torana.core.tokens import CONSOLE_ISSUER, Token
from torana.line.claims import MOST_NAMES, Claimed, bearer_id, claimed, value_at

ISSUER = "https://login.test/"
TREE = {"acme": {"red": "paint", "lone": ""}, "globex": {"blue": ""}}
PLAIN = IssuerEntry(ISSUER, "acme")


def read(claims: dict[str, object], issuer: IssuerEntry = PLAIN, subject: str = "sub-1") -> Claimed:
    world = replace(
        snapshot(), issuers={ISSUER: issuer}, teams=TREE, departments={"acme": frozenset({"paint", "glass"})}
    )
    return claimed(Token(ISSUER, subject, "t1", 1.0, 99.0, claims), world)


def refusal(claims: dict[str, object], issuer: IssuerEntry = PLAIN, subject: str = "sub-1") -> GatewayError:
    with pytest.raises(GatewayError) as caught:
        read(claims, issuer, subject)
    return caught.value


def test_a_bare_token_may_use_nothing() -> None:
    entry, lob, rate = read({})
    assert (entry.tenant, entry.team, entry.department, entry.user) == ("acme", "", "", "sub-1")
    assert (entry.models, entry.permissions, entry.expires_at) == ((), frozenset(), 99.0)
    assert (lob, rate) == ("", None)


def test_claims_of_our_own_words_are_read() -> None:
    entry, lob, rate = read(
        {"user_id": "ann", "team": "red", "lob": "retail", "role": "lead", "models": ["gpt-*"], "rate_limit": 7}
    )
    assert (entry.user, entry.team, entry.department, entry.models) == ("ann", "red", "paint", ("gpt-*",))
    assert (lob, rate, dict(entry.metadata)) == ("retail", 7, {"role": "lead"})


def test_the_configuration_says_which_claim_holds_what() -> None:
    mapping = {"user": "email", "team": "https://acme.test/team", "models": "access.ai.models", "lob": "unit"}
    said = {
        "email": "ann@acme.test",
        "https://acme.test/team": ["red"],
        "access": {"ai": {"models": ["a", "b"]}},
        "unit": 42,
        "team": "another",
        "models": ["*"],
    }
    entry, lob, _ = read(said, replace(PLAIN, claims=mapping))
    assert (entry.user, entry.team, entry.models, lob) == ("ann@acme.test", "red", ("a", "b"), "42")


def test_a_mapped_claim_that_is_missing_is_not_made_up_from_another() -> None:
    entry, _, _ = read({"models": ["*"]}, replace(PLAIN, claims={"models": "ai_models"}))
    assert entry.models == ()


def test_a_token_that_says_nothing_gets_what_its_issuer_is_configured_for() -> None:
    issuer = replace(PLAIN, models=("m",), permissions=("usage.read",))
    assert read({}, issuer).entry.models == ("m",)
    assert read({}, issuer).entry.permissions == {"usage.read"}
    assert read({"models": []}, issuer).entry.models == ()


def test_permissions_and_tenant_are_taken_from_strangers_only_where_the_configuration_says_so() -> None:
    said: dict[str, object] = {"permissions": ["config.reload"], "tenant": "globex"}
    entry = read(said).entry
    assert (entry.permissions, entry.tenant) == (frozenset(), "acme")
    mapped = read(said, replace(PLAIN, claims={"permissions": "permissions", "tenant": "tenant"})).entry
    assert (mapped.permissions, mapped.tenant) == ({"config.reload"}, "globex")
    own = read(said, replace(PLAIN, own=True)).entry
    assert (own.permissions, own.tenant) == ({"config.reload"}, "globex")


@pytest.mark.parametrize("text", ["a b,c", "a,b , c", " a b  c "])
def test_names_may_stand_in_one_text(text: str) -> None:
    assert read({"models": text}).entry.models == ("a", "b", "c")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"team": "green"}, "PERMISSION_DENIED"),
        ({"team": "blue"}, "PERMISSION_DENIED"),
        ({"department": "hats"}, "PERMISSION_DENIED"),
        ({"team": "red", "department": "glass"}, "PERMISSION_DENIED"),
        ({"team": ["red", "lone"]}, "TOKEN_INVALID"),
        ({"team": {"a": 1}}, "TOKEN_INVALID"),
        ({"team": True}, "TOKEN_INVALID"),
        ({"user_id": "x" * 201}, "TOKEN_INVALID"),
        ({"user_id": "a\nb"}, "TOKEN_INVALID"),
        ({"models": [1]}, "TOKEN_INVALID"),
        ({"models": {"a": 1}}, "TOKEN_INVALID"),
        ({"models": ["a"] * (MOST_NAMES + 1)}, "TOKEN_INVALID"),
        ({"rate_limit": -1}, "TOKEN_INVALID"),
        ({"rate_limit": "100"}, "TOKEN_INVALID"),
        ({"rate_limit": True}, "TOKEN_INVALID"),
        ({"rate_limit": 1.5}, "TOKEN_INVALID"),
        ({"rate_limit": 10**30}, "TOKEN_INVALID"),
    ],
)
def test_what_cannot_be_placed_lets_nobody_in(said: dict[str, object], code: str) -> None:
    error = refusal(said)
    assert error.code == code
    for value in said.values():
        assert not isinstance(value, str) or value not in error.message.replace("department", "").replace("team", "")


def test_an_unknown_tenant_lets_nobody_in() -> None:
    assert refusal({"tenant": "initech"}, replace(PLAIN, own=True)).code == "PERMISSION_DENIED"


def test_a_token_of_nobody_is_refused() -> None:
    assert refusal({}, subject="").code == "TOKEN_INVALID"


def test_a_team_without_a_department_may_be_given_one() -> None:
    assert read({"team": "lone", "department": "glass"}).entry.department == "glass"


def test_all_tokens_of_a_subject_have_one_id_and_no_two_subjects_share_it() -> None:
    def of(issuer: str, subject: str, token_id: str = "") -> str:
        return bearer_id(Token(issuer, subject, token_id, None, 1.0, {}))

    assert of("a", "b", "1") == of("a", "b", "2")
    assert len({of("a", "b"), of("a", "c"), of("c", "b"), of("ab", ""), of("", "ab")}) == 5


def test_a_claim_is_found_by_its_name_before_its_path() -> None:
    claims: dict[str, Any] = {"a.b": 1, "a": {"b": 2, "c": {"d": 3}}, "x": [1]}
    assert [value_at(claims, name) for name in ("a.b", "a.c.d", "a.c", "x.0", "a.b.c", "")] == [
        1, 3, {"d": 3}, None, None, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("department", "team", "home"),
    [
        ("paint", "red", ("paint", "red")),
        ("glass", "red", ("paint", "red")),
        ("", "lone", ("", "lone")),
        ("glass", "gone", ("glass", "")),
        ("gone", "", ("", "")),
        ("gone", "gone", ("", "")),
        ("gone", "red", ("paint", "red")),
    ],
)
def test_what_the_configuration_took_away_keeps_nobody_out_who_signed_in_here(
    department: str, team: str, home: tuple[str, str]
) -> None:
    world = replace(
        snapshot(),
        issuers={CONSOLE_ISSUER: IssuerEntry(CONSOLE_ISSUER, "", own=True)},
        teams=TREE,
        departments={"acme": frozenset({"paint", "glass"})},
    )
    said = {"tenant": "acme", "department": department, "team": team}
    entry = claimed(Token(CONSOLE_ISSUER, "usr_1", "t1", 1.0, 99.0, said), world).entry
    assert (entry.department, entry.team) == home
    with pytest.raises(GatewayError, match="tenant"):
        claimed(Token(CONSOLE_ISSUER, "usr_1", "t1", 1.0, 99.0, {**said, "tenant": "gone"}), world)
