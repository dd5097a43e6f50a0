"""Binding: Nodes to Structs, every problem reported and none in the way of the rest."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.secret import Secret
from torana.wiring.nodes import from_plain
from torana.wiring.problems import Place, Report
from torana.wiring.settings import Settings
from torana.wiring.settings_bind import Binder, RestKind, fields_of, holds_secret
from torana.wiring.settings_forms import says

HERE = Place("f", 1, 1)


class Inner(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    secret: Secret | None = None


class Outer(msgspec.Struct, frozen=True, kw_only=True):
    count: Annotated[int, says("how many", ge=1, le=9)] = 3
    maybe: int | None = 5
    choice: Literal["a", "b"] = "a"
    amount: Decimal = Decimal(1)
    rows: tuple[Inner, ...] = ()
    numbers: list[Annotated[float, msgspec.Meta(lt=10)]] = []
    labels: dict[str, int] = {}
    anything: Any = None
    inner: Inner | None = None


class Open(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    settings: Annotated[Any, says("the rest", form="rest")] = None


def bind(struct: type[msgspec.Struct], value: Any, rest: RestKind | None = None) -> tuple[Any, list[str]]:
    report = Report("f")
    bound = Binder(report, lambda _, values: rest if values.get("kind") == "inner" else None).bind(
        struct, from_plain(value, HERE), ()
    )
    return bound, [f"{problem.path}: {problem.message}" for problem in report.errors]


def test_good_values_are_bound() -> None:
    value = {
        "count": 9, "maybe": None, "choice": "b", "amount": "2.50", "rows": [{"name": "x", "secret": "s"}],
        "numbers": [1, 2.5], "labels": {"a": 1}, "anything": {"x": [1]}, "inner": {"name": "y"},
    }  # fmt: skip
    bound, wrong = bind(Outer, value)
    assert wrong == []
    assert bound == Outer(
        count=9, maybe=None, choice="b", amount=Decimal("2.50"), rows=(Inner(name="x", secret=Secret("s")),),
        numbers=[1.0, 2.5], labels={"a": 1}, anything={"x": [1]}, inner=Inner(name="y"),
    )  # fmt: skip


def test_every_problem_is_reported_at_once() -> None:
    value = {
        "count": 10, "maybe": "x", "choice": "c", "amount": "?", "rows": [{"nam": "x"}, 3], "numbers": [1, "z", 11],
        "labels": [], "inner": [], "more": 1,
    }  # fmt: skip
    _, wrong = bind(Outer, value)
    assert [line.partition(":")[0] for line in wrong] == [
        "count", "maybe", "choice", "amount", "rows[0].nam", "rows[1]", "numbers[1]", "numbers[2]", "labels", "inner", "more",
    ]  # fmt: skip


def test_a_wrong_value_leaves_the_default_and_rows_keep_their_index() -> None:
    bound, _ = bind(Outer, {"count": 0, "rows": [{}, {"name": "second"}]})
    assert bound.count == 3
    assert [row.name for row in bound.rows] == ["", "second"]


def test_an_empty_list_or_mapping_takes_the_default() -> None:
    bound, wrong = bind(Outer, {"rows": None, "labels": None, "numbers": None, "inner": None})
    assert (bound, wrong) == (Outer(), [])


def test_a_misspelt_key_is_not_reported_missing_too() -> None:
    _, wrong = bind(Inner, {"nmae": "x"})
    assert wrong == ['nmae: unknown key "nmae"']


def test_free_keys_are_bound_to_the_plug_in_s_settings() -> None:
    rest = RestKind(Inner, {"name": "from the catalogue"})
    bound, wrong = bind(Open, {"kind": "inner", "secret": "s"}, rest)
    assert (bound.settings, wrong) == (Inner(name="from the catalogue", secret=Secret("s")), [])
    _, wrong = bind(Open, {"kind": "inner", "name": 3, "knid": 1}, rest)
    assert wrong == ["name: expected a text, got 3", 'knid: unknown key "knid"']


def test_what_the_plug_in_needs_and_nobody_gave_is_missing() -> None:
    bound, wrong = bind(Open, {"kind": "inner"}, RestKind(Inner, {}))
    assert wrong == [': "name" is missing']
    assert bound.settings == Inner(name="")


def test_a_plug_in_that_refuses_its_settings_is_heard() -> None:
    class Picky(msgspec.Struct, frozen=True):
        size: int = 1

        def __post_init__(self) -> None:
            raise ValueError("size: too large for this host")

    _, wrong = bind(Open, {"kind": "inner", "size": 9}, RestKind(Picky, {}))
    assert wrong == [": size: too large for this host"]


def test_types_that_hold_secrets_are_known() -> None:
    secretive = {one.name for one in fields_of(Outer) if holds_secret(one.type)}
    assert secretive == {"rows", "inner"}


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from([*Settings.__struct_fields__, "id", "name", "port", "x"]), inner, max_size=4),
    ),
)


@given(VALUES)
def test_whatever_stands_in_a_file_binding_ends_with_settings(value: object) -> None:
    bound, _ = bind(Settings, value)
    assert isinstance(bound, Settings)


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 1e300, 10**30])
def test_numbers_without_end_are_no_numbers(value: float) -> None:
    _, wrong = bind(Outer, {"numbers": [value]})
    assert len(wrong) == 1
