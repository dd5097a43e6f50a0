"""SCIM filters: what the RFC's grammar says, and that any tree that is written down is read as the same tree."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.control.scim.filters import (
    Among,
    Attribute,
    Both,
    Compared,
    Either,
    Filter,
    Not,
    asked_exactly,
    fits,
    parsed,
    parsed_path,
)
from torana.control.scim.refusing import Refused

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PERSON: dict[str, Any] = {
    "id": "usr_1",
    "userName": "Asha@acme.test",
    "title": "Tour Guide",
    "active": True,
    "age": 7,
    "name": {"familyName": "O'Malley"},
    "emails": [{"type": "work", "value": "asha@acme.test"}, {"type": "home", "value": "a@home.test"}],
    "meta": {"lastModified": "2026-05-13T04:42:34.000Z"},
    ENTERPRISE: {"department": "Tax", "manager": {"value": "usr_2"}},
}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('userName eq "asha@ACME.test"', True),
        ('USERNAME EQ "asha@acme.test"', True),
        ('userName eq "asha"', False),
        ('name.familyName co "o\'malley"', True),
        ('userName sw "ash"', True),
        ('userName ew ".test"', True),
        ("title pr", True),
        ("nickName pr", False),
        ('title pr and active eq "true"', False),
        ("title pr and active eq true", True),
        ("active ne true", False),
        ('title eq "x" or title sw "tour"', True),
        ('not (title sw "tour")', False),
        ('title eq "x" and title eq "y" or active eq true', True),
        ('title eq "x" and (title eq "y" or active eq true)', False),
        ('meta.lastModified gt "2026-05-13T04:42:33Z"', True),
        ('meta.lastModified ge "2026-05-13T10:12:34+05:30"', True),
        ('meta.lastModified lt "2011-05-13T04:42:34Z"', False),
        ('emails[type eq "work" and value co "@acme"]', True),
        ('emails[type eq "home" and value co "@acme"]', False),
        ('emails.type eq "home"', True),
        ('emails co "home.test"', True),
        ('id eq "USR_1"', False),
        ("age gt 6 and age le 7", True),
        ('age gt "6"', False),
        ("nickName eq null", True),
        (f'{ENTERPRISE}:department eq "tax"', True),
        (f'{ENTERPRISE}:manager.value eq "usr_2"', True),
        ("urn:ietf:params:scim:schemas:core:2.0:User:title pr", True),
        ('title eq "Tour\\u0020Guide"', True),
    ],
)
def test_a_filter_says_who_fits(text: str, wanted: bool) -> None:
    assert fits(PERSON, parsed(text)) is wanted


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "a", "a eq", "eq a", 'a eq "b', "a eq b", "a gt true", 'a eq "b" and', "(a pr", "a pr)", "not a pr",
        "a[b pr", "a pr pr", "a.b.c.d pr", "()", 'a eq "\\x"', "a eq 1e", "é pr", "(" * 100 + "a pr" + ")" * 100,
    ],
)  # fmt: skip
def test_what_is_no_filter_is_refused_by_name(text: str) -> None:
    with pytest.raises(Refused) as refused:
        parsed(text)
    assert (refused.value.status, refused.value.kind) == (400, "invalidFilter")


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for reading in (parsed, parsed_path):
        try:
            reading(text)
        except Refused:
            continue


NAMES = st.sampled_from(["userName", "title", "active", "age", "name.familyName", "emails.value", "nothing"])
VALUES = st.one_of(st.text(max_size=8), st.integers(-9, 9), st.booleans(), st.none())


def attribute(text: str) -> Attribute:
    name, _, sub = text.lower().partition(".")
    return Attribute("", name, sub)


def comparison(name: str, operator: str, value: Any) -> Compared:
    if operator == "pr":
        return Compared(attribute(name), "pr")
    plain = isinstance(value, bool) or value is None
    return Compared(attribute(name), operator if not plain or operator == "ne" else "eq", value)


LEAVES = st.builds(
    comparison, NAMES, st.sampled_from(["eq", "ne", "co", "sw", "ew", "gt", "lt", "ge", "le", "pr"]), VALUES
)


def grown(inner: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    among = st.builds(Among, st.just(attribute("emails")), inner)
    return st.one_of(st.builds(Both, several), st.builds(Either, several), st.builds(Not, inner), among)


TREES: st.SearchStrategy[Filter] = st.recursive(LEAVES, grown, max_leaves=8)


def written(tree: Filter) -> str:
    match tree:
        case Both(parts):
            return " and ".join(f"({written(one)})" for one in parts)
        case Either(parts):
            return " or ".join(f"({written(one)})" for one in parts)
        case Not(part):
            return f"not ({written(part)})"
        case Among(at, part):
            return f"{at.name}[{written(part)}]"
        case Compared(at, operator, value):
            name = f"{at.name}.{at.sub}" if at.sub else at.name
            return f"{name} pr" if operator == "pr" else f"{name} {operator} {json.dumps(value)}"


@given(TREES)
def test_what_is_written_down_is_read_as_it_was(tree: Filter) -> None:
    assert parsed(written(tree)) == tree


@given(TREES)
def test_a_filter_and_its_opposite_never_both_fit(tree: Filter) -> None:
    assert fits(PERSON, tree) is not fits(PERSON, Not(tree))


@given(TREES)
def test_what_is_searched_by_index_is_never_less_than_what_fits(tree: Filter) -> None:
    """Whoever fits the whole fits each equality that the database is asked for."""
    if fits(PERSON, tree):
        for value in asked_exactly(tree, ("username",)).values():
            assert value.casefold() == PERSON["userName"].casefold()


def test_a_path_names_an_attribute_its_values_and_a_part() -> None:
    path = parsed_path('emails[type eq "work" and value ew "x"].value')
    assert (path.attribute.name, path.sub, isinstance(path.among, Both)) == ("emails", "value", True)
    assert parsed_path("name.givenName") == (Attribute("", "name"), None, "givenname")
    assert parsed_path(f"{ENTERPRISE}:manager").attribute == Attribute(ENTERPRISE.lower(), "manager")


@pytest.mark.parametrize("text", ["", "a b", "a[b pr", "a[b pr].", "a[b pr].c d", "a]", "[a pr]", "a[b pr]c"])
def test_what_is_no_path_is_refused_by_name(text: str) -> None:
    with pytest.raises(Refused) as refused:
        parsed_path(text)
    assert refused.value.kind == "invalidPath"
