"""A manager's limits and budgets are about their own people alone, whatever they write."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.control.objects.rights import about, kept_within
from torana.control.principal import Reach
from torana.core.errors import GatewayError

NAMES = st.sampled_from(["finance", "engineering", "books"])
SCOPES = st.sampled_from(["tenant", "department", "team", "user", "key", "model"])
DOCUMENTS = st.fixed_dictionaries(
    {"scope": SCOPES, "limit": st.just("1")},
    optional={"match": NAMES, "where": st.dictionaries(SCOPES, NAMES, max_size=3)},
)


@given(DOCUMENTS, st.sampled_from([Reach("acme", department="finance"), Reach("acme", team="books")]))
def test_what_is_kept_names_the_managers_people_or_is_refused(document: dict[str, Any], reach: Reach) -> None:
    try:
        kept = kept_within(reach, "budgets", document)
    except GatewayError as refused:
        assert refused.code == "PERMISSION_DENIED"
        assert any(about(document).get(scope, name) != name for scope, name in reach.names.items())
        return
    assert all(about(kept)[scope] == name for scope, name in reach.names.items())
    assert {name: value for name, value in kept.items() if name != "where"} == {
        name: value for name, value in document.items() if name != "where"
    }


def test_who_manages_nothing_writes_nothing_and_other_sections_are_not_about_people() -> None:
    with pytest.raises(GatewayError):
        kept_within(Reach("acme", nobody=True), "limits", {"scope": "user"})
    assert kept_within(Reach("acme", team="books"), "providers", {"kind": "echo"}) == {"kind": "echo"}
