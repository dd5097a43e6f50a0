"""Which policies a caller is under, by tenant, department, team, user and key, and what they come to for the line."""

from __future__ import annotations

from typing import Any

import pytest

from torana.core.policies import EVERYONE, Attachment, Choice, Document, Stance, Terms, Wish
from torana.core.snapshot import KeyEntry
from torana.core.tickets import Caller, Rule
from torana.line.chains import Chains, label, place_of, rules_of, trial_rules

KEY_ENTRY = KeyEntry("key-1", "demo", "sk-torana-Ab3d", "acme", department="dep", team="red", user="ann")
ANN = Caller("acme", "key-1", KEY_ENTRY, "dep", "red", "ann")
BASE = Terms("base@1", assumed_max_tokens=4096)


def policy(name: str, *attached: Attachment, shadow: bool = False, loose: Any = None, **firm: Any) -> Document:
    return Document(name, f"digest of {name}", Stance(firm, loose or {}), attached or (EVERYONE,), shadow)


def names(chains: Chains, caller: Caller = ANN) -> list[tuple[str, str]]:
    return [(level, one.name) for level, one in chains.documents_of(place_of(caller))]


def test_without_policies_the_base_holds_for_everybody() -> None:
    assert Chains((), BASE).terms_of(ANN) is BASE


def test_policies_are_found_from_the_tenant_down_to_the_key() -> None:
    attached = {
        "k": Attachment(key="key-1"), "u": Attachment("acme", user="ann"), "t": Attachment(team="red"),
        "d": Attachment("acme", "dep"), "a": Attachment("acme"), "e": EVERYONE,
    }  # fmt: skip
    chains = Chains([policy(name, place) for name, place in attached.items()], BASE)
    assert names(chains) == [
        ("everyone", "e"), ("tenant", "a"), ("department", "d"), ("team", "t"), ("user", "u"), ("key", "k"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "place",
    [
        Attachment("other"), Attachment("other", team="red"), Attachment("acme", "other"), Attachment(team="blue"),
        Attachment(user="bob"), Attachment(key="key-2"), Attachment("acme", "dep", "red", "ann", "key-2"),
    ],
)  # fmt: skip
def test_a_policy_is_about_those_only_who_have_all_that_it_names(place: Attachment) -> None:
    assert names(Chains([policy("x", place)], BASE)) == []


def test_a_caller_without_a_team_is_in_no_teams_policy() -> None:
    nobody = Caller("acme", "key-9", KEY_ENTRY)
    assert names(Chains([policy("x", Attachment(team="red")), policy("y", EVERYONE)], BASE), nobody) == [
        ("everyone", "y")
    ]


def test_the_terms_are_worked_out_once_for_each_chain() -> None:
    chains = Chains([policy("x", Attachment("acme"), fallbacks=False)], BASE)
    other = Caller("acme", "key-2", KEY_ENTRY, team="blue")
    assert chains.terms_of(ANN) is chains.terms_of(other)
    assert chains.terms_of(ANN) is not chains.terms_of(Caller("else", "key-3", KEY_ENTRY))


def test_what_no_policy_says_is_as_the_base_says_but_own_keys_need_a_policy() -> None:
    chains = Chains([policy("x", shadows=False)], Terms("b", own_keys=frozenset("p"), assumed_max_tokens=7))
    terms = chains.terms_of(ANN)
    assert (terms.shadows, terms.assumed_max_tokens, terms.own_keys, terms.fallbacks) == (False, 7, frozenset(), True)


def test_the_name_has_all_policies_wide_to_narrow_and_a_version_of_them() -> None:
    wide, narrow = policy("wide"), policy("a-narrow", Attachment("acme"))
    name = Chains([narrow, wide], BASE).terms_of(ANN).name
    assert name.startswith("wide+a-narrow@")
    assert name == Chains([wide, narrow], BASE).terms_of(ANN).name
    changed = wide._replace(digest="other")
    assert name != Chains([changed, narrow], BASE).terms_of(ANN).name
    assert Chains([narrow], BASE).terms_of(Caller("else", "k", KEY_ENTRY)).name.startswith("none@")


def test_a_very_long_name_is_cut_but_its_version_is_not() -> None:
    name = label([[policy("x" * 60), policy("y" * 60)]])
    assert len(name) < 100 and name[-9] == "@"


def test_a_guardrail_is_one_rule_unless_its_sides_differ() -> None:
    same = {("pii", "input"): Wish("redact"), ("pii", "output"): Wish("redact")}
    assert rules_of(same) == (Rule("pii", "redact", "both"),)
    assert rules_of({("pii", "output"): Wish("mask", closed=False)}) == (Rule("pii", "mask", "output", "open"),)
    both = {("pii", "input"): Wish("redact"), ("pii", "output"): Wish("block")}
    assert rules_of(both) == (Rule("pii", "redact", "input"), Rule("pii", "block", "output"))


def test_the_stricter_of_two_modes_is_done() -> None:
    wide = policy("wide", guardrails={("pii", "input"): Wish("block"), ("words", "input"): Wish("flag")})
    narrow = policy(
        "n", Attachment("acme"), guardrails={("pii", "input"): Wish("flag"), ("words", "input"): Wish("block")}
    )
    terms = Chains([wide, narrow], BASE).terms_of(ANN)
    assert terms.guardrails == (Rule("pii", "block", "input"), Rule("words", "block", "input"))


def test_a_policy_on_trial_changes_nothing_but_what_is_recorded() -> None:
    real = policy("real", guardrails={("pii", "input"): Wish("flag")}, models=Choice())
    trial = policy(
        "trial", shadow=True, guardrails={("pii", "input"): Wish("block"), ("words", "output"): Wish("redact")},
        models=Choice(denied=frozenset({"m"})),
    )  # fmt: skip
    terms = Chains([real, trial], BASE).terms_of(ANN)
    assert terms.guardrails == (
        Rule("pii", "flag", "input"), Rule("pii", "block", "input", shadow=True),
        Rule("words", "redact", "output", shadow=True),
    )  # fmt: skip
    assert terms.models.permits("m") and terms.name.startswith("real@")
    assert terms.trial is not None and not terms.trial.models.permits("m")


def test_a_trial_that_asks_for_no_more_than_is_done_adds_no_rule() -> None:
    assert trial_rules([Rule("pii", "block", "both")], [Rule("pii", "flag", "input")]) == ()
    assert trial_rules([Rule("pii", "block", "input")], [Rule("pii", "block", "both")]) == (
        Rule("pii", "block", "output", shadow=True),
    )
