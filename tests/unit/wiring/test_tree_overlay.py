"""The tree of the database over that of the file: both are there, and neither hides the other."""

from __future__ import annotations

from torana.ports.tree import TreeRow
from torana.wiring.settings import Settings
from torana.wiring.settings_people import Department, Tenant
from torana.wiring.settings_people_checks import tree_of
from torana.wiring.tree_overlay import both_trees, with_tree, without

FILE = Settings(
    tenants=(Tenant(id="acme", name="Acme", departments=(Department(id="finance", teams=("books",)),), teams=("web",)),)
)


def test_without_rows_the_settings_stay_the_same() -> None:
    assert with_tree(FILE, []) is FILE


def test_a_stored_tenant_stands_beside_that_of_the_file() -> None:
    made = with_tree(
        FILE, [TreeRow("globex", "Globex", departments=(("ops", "Operations"),), teams=(("sre", "ops"), ("x", "")))]
    )
    tree = tree_of(made)
    assert tree.teams["globex"] == {"sre": "ops", "x": ""}
    assert tree.departments["globex"] == {"ops"}
    assert tree.teams["acme"] == {"books": "finance", "web": ""}
    assert [one.name for one in made.tenants] == ["Acme", "Globex"]


def test_what_is_stored_beneath_a_tenant_of_the_file_is_joined_to_it() -> None:
    rows = [
        TreeRow(
            "acme",
            "Other name",
            "suspended",
            (("research", "R"),),
            (("lab", "research"), ("tax", "finance"), ("books", "research")),
        )
    ]
    acme = with_tree(FILE, rows).tenants[0]
    tree = tree_of(Settings(tenants=(acme,)))
    assert (acme.name, acme.status) == ("Acme", "suspended")
    assert tree.teams["acme"] == {"web": "", "books": "finance", "lab": "research", "tax": "finance"}


def test_a_team_of_a_department_that_is_gone_is_of_none() -> None:
    made = with_tree(FILE, [TreeRow("globex", teams=(("sre", "gone"),))])
    assert tree_of(made).teams["globex"] == {"sre": ""}


def test_of_two_trees_nothing_is_lost() -> None:
    old = [TreeRow("a", "A", departments=(("d", "D"),), teams=(("t", "d"),)), TreeRow("b")]
    new = [TreeRow("a", "A2", "suspended", teams=(("u", ""),)), TreeRow("c")]
    both = {row.tenant: row for row in both_trees(old, new)}
    assert set(both) == {"a", "b", "c"}
    assert (both["a"].status, both["a"].departments, both["a"].teams) == (
        "suspended",
        (("d", "D"),),
        (("t", "d"), ("u", "")),
    )


def test_a_tree_without_a_department_keeps_its_teams_and_without_a_tenant_the_others() -> None:
    rows = [TreeRow("acme", departments=(("ops", "Ops"),), teams=(("sre", "ops"), ("x", ""))), TreeRow("globex")]
    assert without(rows, "acme", "department", "ops")[0] == TreeRow("acme", teams=(("sre", ""), ("x", "")))
    assert without(rows, "acme", "team", "sre")[0].teams == (("x", ""),)
    assert without(rows, "acme", "", "") == [TreeRow("globex")]
    assert without(rows, "initech", "team", "sre") == rows
