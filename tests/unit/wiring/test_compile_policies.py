"""Policies as documents of the line, and limits that hold for those whose policies name them."""

from __future__ import annotations

from pathlib import Path

from tests.unit.wiring.offer import read, written
from torana.core.policies import EVERYONE, Attachment, Choice, Document, Wish
from torana.wiring.compile_policies import by_policies, documents_of, everybodys
from torana.wiring.settings import Settings

BASE = """tenants: [{id: acme, departments: [{id: it, teams: [red]}]}]
providers: [{id: echo, kind: echo}]
models: [{name: m, deployments: [{provider: echo, model: m}]}]
guardrails: [{id: words, kind: keywords, words: [%s], mode: flag, side: input}]
limits: [{scope: user, requests: 5, per: 1m, id: slow, by_policy: true, where: {tenant: acme}}]
"""


def settings(folder: Path, rows: str, word: str = "a") -> Settings:
    return read(written(folder, f"{BASE % word}policies: [{rows}]")).settings


def document(folder: Path, row: str, word: str = "a") -> Document:
    return next(one for one in documents_of(settings(folder, row, word), {"my key": "id-1"}) if one.name == "x")


def test_a_document_says_what_was_written_and_nothing_else(tmp_path: Path) -> None:
    row = "{name: x, models: [m], providers_denied: [echo], fallbacks: false, assumed_max_tokens: 9, upstream_keys: []}"
    stance = document(tmp_path, row).stance
    assert stance.loose == {}
    assert stance.firm == {
        "models": Choice(frozenset({frozenset({"m"})})), "providers": Choice(denied=frozenset({"echo"})),
        "fallbacks": False, "assumed_max_tokens": 9, "own_keys": frozenset(),
    }  # fmt: skip


def test_what_may_be_widened_is_loose(tmp_path: Path) -> None:
    stance = document(tmp_path, "{name: x, models: [m], cache: false, widen: [models, upstream_keys]}").stance
    assert (sorted(stance.loose), sorted(stance.firm)) == (["models"], ["cache"])


def test_a_guardrail_has_its_own_mode_and_side_unless_the_policy_says_another(tmp_path: Path) -> None:
    assert document(tmp_path, "{name: x, guardrails: [words]}").stance.firm["guardrails"] == {
        ("words", "input"): Wish("flag")
    }
    row = "{name: x, guardrails: [{id: words, mode: block, side: both, on_error: open}]}"
    wish = Wish("block", closed=False)
    assert document(tmp_path, row).stance.firm["guardrails"] == {("words", "input"): wish, ("words", "output"): wish}


def test_a_policy_is_attached_to_keys_by_their_ids(tmp_path: Path) -> None:
    row = "{name: x, attach: [{tenant: acme, team: red}, {key: my key}, {key: other}]}"
    places = (Attachment("acme", team="red"), Attachment(key="id-1"), Attachment(key="other"))
    assert document(tmp_path, row).attached == places
    assert document(tmp_path, "{name: x}").attached == (EVERYONE,)


def test_the_digest_changes_with_what_a_policy_does_only(tmp_path: Path) -> None:
    first = document(tmp_path, "{name: x, guardrails: [words]}").digest
    assert first == document(tmp_path, "{name: x, guardrails: [words], attach: [{tenant: acme}]}").digest
    assert first != document(tmp_path, "{name: x, guardrails: [words]}", word="b").digest
    assert first != document(tmp_path, "{name: x, guardrails: [{id: words, mode: block}]}").digest


def test_what_holds_for_everybody_is_of_policies_without_attachment(tmp_path: Path) -> None:
    rows = "{name: default, fallbacks: false}, {name: x, cache: false, attach: [{tenant: acme}]}"
    terms = everybodys(documents_of(settings(tmp_path, rows), {}))
    assert (terms.fallbacks, terms.cache) == (False, True)
    assert terms.name.startswith("default@")


def test_a_limit_by_policy_is_a_row_for_each_attachment_of_those_that_name_it(tmp_path: Path) -> None:
    rows = "{name: x, limits: [slow], attach: [{team: red}, {tenant: acme, user: ann}, {key: my key}]}, {name: y}"
    found = by_policies(settings(tmp_path, rows), {"my key": "id-1"}).limits
    assert [(one.id, one.where) for one in found] == [
        ("slow@x", {"tenant": "acme", "team": "red"}),
        ("slow@x", {"tenant": "acme", "user": "ann"}),
        ("slow@x", {"tenant": "acme", "key": "id-1"}),
    ]


def test_a_limit_by_policy_that_no_real_policy_names_is_none(tmp_path: Path) -> None:
    assert by_policies(settings(tmp_path, "{name: x}"), {}).limits == ()
    assert by_policies(settings(tmp_path, "{name: x, limits: [slow], shadow: true}"), {}).limits == ()
