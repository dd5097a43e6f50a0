"""Tenants, keys and rules about people: what is allowed, and what ids come out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.wiring.offer import read, written
from torana.wiring.problems import ConfigError
from torana.wiring.settings_people import Key
from torana.wiring.settings_people_checks import key_id, tree_of

TREE = "tenants: [{id: acme, teams: [free], departments: [{id: it, teams: [red]}]}, {id: other, departments: [{id: it}]}]\n"
KEY = "sk-0123456789-a-key"


def test_the_tree_knows_departments_of_teams(tmp_path: Path) -> None:
    tree = tree_of(read(written(tmp_path, TREE)).settings)
    assert tree.teams == {"default": {}, "acme": {"free": "", "red": "it"}, "other": {}}
    assert tree.all_departments() == {"it"}
    assert tree.all_teams() == {"free", "red"}


def test_a_key_without_a_tenant_belongs_to_the_default_one(tmp_path: Path) -> None:
    (key,) = read(written(tmp_path, f"keys: [{{name: a, key: {KEY}}}]")).settings.keys
    assert key.tenant == "default"


@pytest.mark.parametrize(
    ("name", "identity"), [("Finance demo", "file-finance-demo"), ("a/b c!", "file-a-b-c"), ("Ünï", "file-n")]
)
def test_the_id_of_a_key_comes_from_its_name(name: str, identity: str) -> None:
    assert key_id(Key(name=name)) == identity
    assert key_id(Key(name=name, id="mine")) == "mine"


def test_a_digest_stands_in_for_a_key(tmp_path: Path) -> None:
    assert read(written(tmp_path, f"keys: [{{name: a, key_hash: '{'aB' * 32}'}}]")).warnings == ()


def test_a_key_may_name_models_by_prefix_by_provider_and_all(tmp_path: Path) -> None:
    text = "providers: [{id: echo, kind: echo}]\nmodels: [{name: m, deployments: [{provider: echo, model: m}]}]\n"
    text += f"keys: [{{name: a, key: {KEY}, models: [m, 'x*', '*', echo/anything]}}]"
    assert read(written(tmp_path, text)).warnings == ()


def test_the_error_about_a_short_or_wrong_key_does_not_show_it(tmp_path: Path) -> None:
    text = "keys: [{name: a, key: sk-secret}, {name: b, key: 'sk secret\\u00e9'}, {name: c, key: sk-secret}]"
    with pytest.raises(ConfigError) as refused:
        read(written(tmp_path, text))
    assert "secret" not in "".join(str(one) for one in (*refused.value.problems, *refused.value.warnings))


def test_a_rule_may_be_about_a_user_nobody_has_met(tmp_path: Path) -> None:
    text = (
        TREE
        + "limits: [{scope: user, match: somebody, requests: 1, per: 1m}, {scope: team, match: red, concurrency: 2}]"
    )
    assert read(written(tmp_path, text)).warnings == ()


def test_a_policy_may_be_attached_within_the_tree_only(tmp_path: Path) -> None:
    text = TREE + "policies: [{name: default, attach: [{tenant: acme, department: it, team: red}, {team: blue}]}]"
    with pytest.raises(ConfigError) as refused:
        read(written(tmp_path, text))
    assert [problem.path for problem in refused.value.problems] == ["policies[0].attach[1].team"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('tenants: [{id: acme, name: "a\\nb"}]', "tenants[0].name"),
        ('tenants: [{id: " "}]', "tenants[0].id"),
        ('tenants: [{id: acme, teams: ["a\\tb"]}]', "tenants[0].teams[0]"),
        (
            'tenants: [{id: acme, departments: [{id: d, name: " ", teams: ["\\0"]}]}]',
            "tenants[0].departments[0].teams[0]",
        ),
        ('keys: [{name: " ", key: sk-0123456789abcdef}]', "keys[0].name"),
    ],
)
def test_names_of_the_file_are_one_line_that_is_seen(tmp_path: Path, text: str, place: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(written(tmp_path, text))
    assert place in [one.path for one in refused.value.problems]
