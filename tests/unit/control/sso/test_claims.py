"""What claims say about somebody: by name and by path, whatever form they have."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.control.sso.claims import comer, found, mightiest, standing
from torana.control.sso.shapes import ROLES_OF_PEOPLE, ClaimNames, GroupRow, SsoAsk
from torana.core.errors import GatewayError

ASK = SsoAsk(name="x", issuer="https://x.test", client_id="c", claims=ClaimNames(groups="realm.groups", role="role"))
ROWS = [
    GroupRow(group="a", role="admin"), GroupRow(group="b", role="user", team="books"), GroupRow(group="c", team="tax"),
]  # fmt: skip


def test_claims_are_found_by_name_first_and_by_path_then() -> None:
    assert found({"a.b": 1, "a": {"b": 2}}, "a.b") == 1
    assert found({"a": {"b": {"c": 2}}}, "a.b.c") == 2
    assert found({"a": 1}, "a.b") is None


@pytest.mark.parametrize(
    ("claims", "vouched"),
    [
        ({"email": "A@x.test", "email_verified": True}, True),
        ({"email": "A@x.test", "email_verified": "true"}, True),
        ({"email": "A@x.test", "email_verified": "yes"}, False),
        ({"email": "A@x.test", "email_verified": 1}, False),
        ({"email": "A@x.test"}, False),
        ({"email_verified": True}, False),
    ],
)
def test_an_address_is_theirs_only_when_the_provider_says_so(claims: dict[str, Any], vouched: bool) -> None:
    assert comer({"sub": "s", **claims}, ASK).vouched is vouched
    trusting = ASK.model_copy(update={"trust_email": True})
    assert comer({"sub": "s", **claims}, trusting).vouched is ("email" in claims)


@pytest.mark.parametrize("email", ["a@b@c", "no address", "a@x.test,b@x.test", "a@x.test\r\n", "a" * 250 + "@x.test"])
def test_an_address_of_no_known_form_is_refused(email: str) -> None:
    if email.strip() != email:
        assert comer({"sub": "s", "email": email}, ASK).email == email.strip()
        return
    with pytest.raises(GatewayError):
        comer({"sub": "s", "email": email}, ASK)


def test_groups_give_the_mightiest_role_and_all_their_teams() -> None:
    got = standing(ROWS, ["c", "b", "a", "unknown"], otherwise="viewer")
    assert (got.role, got.teams, got.governed) == ("admin", ("books", "tax"), {"books", "tax"})
    assert standing(ROWS, [], otherwise="viewer").role == "viewer"
    assert standing(ROWS, [], said="auditor", otherwise="viewer").role == "auditor"
    assert standing(ROWS[2:], ["c"], otherwise="viewer").role == "", "who decides about no role changes none"


@given(st.dictionaries(st.sampled_from(["email", "name", "realm", "role", "sub", "email_verified"]), st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["groups", "x"]), inner, max_size=2),
    max_leaves=5,
)))  # fmt: skip
def test_claims_of_any_form_are_read_or_refused_and_give_no_role_of_their_own(claims: dict[str, Any]) -> None:
    try:
        who = comer(claims, ASK)
    except GatewayError as refused:
        assert refused.code == "SIGN_IN_FAILED"
        return
    assert who.role in ("", *ROLES_OF_PEOPLE)
    assert all(isinstance(one, str) for one in who.groups)


@given(st.lists(st.sampled_from(["operator", "service", "root", ""])))
def test_nobody_becomes_an_operator_or_a_service_by_a_claim(roles: list[str]) -> None:
    assert mightiest(roles) == ""
