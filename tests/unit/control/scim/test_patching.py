"""PATCH of SCIM documents: each operation of the RFC, and that applying any of them twice is applying it once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.control.scim.documents import cleaned, projected
from torana.control.scim.patching import patched
from torana.control.scim.refusing import Refused
from torana.control.scim.schemas import ENTERPRISE, GROUPS, USERS

WORK = {"type": "work", "value": "a@work.test", "primary": True}
HOME = {"type": "home", "value": "a@home.test"}
ASHA: dict[str, Any] = {"userName": "asha", "name": {"givenName": "Asha"}, "emails": [WORK, HOME]}


def after(*operations: dict[str, Any], of: dict[str, Any] | None = None) -> dict[str, Any]:
    return patched(of or ASHA, {"Operations": list(operations)}, USERS)


@pytest.mark.parametrize(
    ("operation", "name", "wanted"),
    [
        ({"op": "add", "path": "title", "value": "x"}, "title", "x"),
        ({"op": "add", "path": "emails", "value": [HOME]}, "emails", [WORK, HOME]),
        ({"op": "add", "path": "emails", "value": {"value": "n@x.test"}}, "emails", [WORK, HOME, {"value": "n@x.test"}]),
        ({"op": "replace", "path": "emails", "value": [HOME]}, "emails", [HOME]),
        ({"op": "remove", "path": 'emails[type eq "home"]'}, "emails", [WORK]),
        ({"op": "remove", "path": "emails[primary eq true].value"}, "emails", [{"type": "work", "primary": True}, HOME]),
        ({"op": "replace", "path": 'emails[type eq "home"].value', "value": "z@z.test"}, "emails", [WORK, HOME | {"value": "z@z.test"}]),
        ({"op": "replace", "path": 'emails[type eq "home"]', "value": {"primary": True}}, "emails",
         [WORK | {"primary": False}, HOME | {"primary": True}]),
        ({"op": "add", "path": "name.familyName", "value": "Rao"}, "name", {"givenName": "Asha", "familyName": "Rao"}),
        ({"op": "replace", "path": "name", "value": {"familyName": "Rao"}}, "name", {"givenName": "Asha", "familyName": "Rao"}),
        ({"op": "add", "value": {"title": "x", ENTERPRISE: {"department": "Tax"}}}, ENTERPRISE, {"department": "Tax"}),
        ({"op": "replace", "path": ENTERPRISE, "value": {"department": "Tax"}}, ENTERPRISE, {"department": "Tax"}),
        ({"op": "add", "path": f"{ENTERPRISE}:manager.value", "value": "usr_2"}, ENTERPRISE, {"manager": {"value": "usr_2"}}),
        ({"op": "add", "path": "externalId", "value": "7"}, "externalId", "7"),
    ],
)  # fmt: skip
def test_an_operation_changes_what_its_path_names(operation: dict[str, Any], name: str, wanted: Any) -> None:
    found = after(operation)
    assert found[name] == wanted
    assert {key: value for key, value in found.items() if key not in (name, "title")} == {
        key: value for key, value in ASHA.items() if key != name
    }


def test_what_is_removed_is_gone_and_the_rest_is_there() -> None:
    assert after({"op": "remove", "path": "name.givenName"}) == {"userName": "asha", "emails": [WORK, HOME]}
    assert "emails" not in after({"op": "remove", "path": "emails"})
    with_more = {**ASHA, ENTERPRISE: {"department": "Tax"}}
    assert after({"op": "remove", "path": f"{ENTERPRISE}:department"}, of=with_more) == ASHA
    assert after({"op": "remove", "path": ENTERPRISE}, of=with_more) == ASHA


def test_the_document_that_was_given_is_left_alone() -> None:
    before = {"userName": "asha", "emails": [dict(WORK)]}
    after({"op": "replace", "path": 'emails[type eq "work"].value', "value": "z@z.test"}, of=before)
    assert before["emails"] == [WORK]


VALUES = st.one_of(st.text(max_size=4), st.booleans(), st.none(), st.integers(), st.lists(st.text(max_size=3), max_size=2),
                   st.dictionaries(st.sampled_from(["value", "type", "title", "emails"]), st.text(max_size=3), max_size=2))  # fmt: skip
PATHS = st.sampled_from(
    ["", "title", "emails", "emails.value", 'emails[type eq "work"]', 'emails[type eq "x"].value', "name", "name.givenName",
     "active", "groups", ENTERPRISE, f"{ENTERPRISE}:manager", "urn:x:y", "id", "nothing", "userName"]
)  # fmt: skip
OPERATIONS = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "Replace", "remove", "?"]), "path": PATHS, "value": VALUES}
)


@given(st.lists(OPERATIONS, min_size=1, max_size=4))
def test_any_operations_are_done_or_refused_and_what_comes_out_is_clean(operations: list[dict[str, Any]]) -> None:
    try:
        found = cleaned(after(*operations), USERS)
    except Refused as refused:
        assert refused.status in (400, 413)
        return
    assert cleaned(found, USERS) == found


@given(OPERATIONS)
def test_an_operation_that_is_repeated_changes_nothing_more(operation: dict[str, Any]) -> None:
    try:
        once = cleaned(after(operation), USERS)
        assert cleaned(after(operation, of=once), USERS) == once
    except Refused:
        return


def test_members_are_added_once_and_removed_by_name_or_by_filter() -> None:
    group = {"displayName": "g", "members": [{"value": "a"}]}

    def done(*operations: dict[str, Any]) -> list[str]:
        found = patched(group, {"Operations": list(operations)}, GROUPS)
        return [one["value"] for one in found.get("members", [])]

    assert done({"op": "add", "path": "members", "value": [{"value": "a"}, {"value": "b"}]}) == ["a", "b"]
    assert done({"op": "remove", "path": 'members[value eq "a"]'}) == []
    assert done({"op": "remove", "path": "members", "value": [{"value": "a"}]}) == []
    assert done({"op": "replace", "path": "members", "value": ["c"]}) == ["c"]


def test_what_is_shown_is_what_was_asked_for() -> None:
    shown = {"schemas": ["x"], "id": "1", **ASHA, ENTERPRISE: {"department": "Tax", "division": "D"}}
    assert projected(shown, USERS, "emails.type", "") == {
        "schemas": ["x"], "id": "1", "emails": [{"type": "work"}, {"type": "home"}],
    }  # fmt: skip
    assert projected(shown, USERS, f"{ENTERPRISE}:department", "")[ENTERPRISE] == {"department": "Tax"}
    assert projected(shown, USERS, ENTERPRISE, "")[ENTERPRISE] == {"department": "Tax", "division": "D"}
    assert set(projected(shown, USERS, "", f"id,name,emails.value,{ENTERPRISE}")) == {
        "schemas",
        "id",
        "userName",
        "emails",
    }
    assert projected(shown, USERS, "", "") == shown


@pytest.mark.parametrize(
    "unkept",
    [
        {"op": "Add", "path": 'addresses[type eq "work"].country', "value": "IN"},
        {"op": "Replace", "path": "roles", "value": [{"primary": "True", "value": "x"}]},
        {"op": "Add", "value": {"photos": [{"value": "https://x.test/p"}], f"{USERS.schema}:ims": []}},
        {"op": "Remove", "path": 'addresses[type eq "work"]'},
    ],
)
def test_what_is_not_kept_of_the_core_schema_keeps_nobody_from_being_suspended(unkept: dict[str, Any]) -> None:
    assert after(unkept, {"op": "Replace", "path": "active", "value": "False"}) == {**ASHA, "active": False}
    with pytest.raises(Refused, match="no attribute"):
        patched({"displayName": "g"}, {"Operations": [unkept]}, GROUPS)


def test_a_list_of_one_is_the_one_where_one_belongs() -> None:
    manager = {"op": "Add", "path": f"{ENTERPRISE}:manager", "value": [{"value": "usr_2", "$ref": None}]}
    assert after(manager)[ENTERPRISE] == {"manager": {"value": "usr_2"}}
    with pytest.raises(Refused, match="is an object"):
        after({**manager, "value": [{"value": "usr_2"}, {"value": "usr_3"}]})


def test_a_truth_may_be_written_as_a_text_in_a_filter() -> None:
    found = after({"op": "replace", "path": 'emails[primary eq "True"].value', "value": "b@work.test"})
    assert found["emails"] == [WORK | {"value": "b@work.test"}, HOME]
