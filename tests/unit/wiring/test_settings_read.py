"""Single values: which texts are which values, and what is said of those that are not."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import inspect

from torana.core.secret import Secret
from torana.wiring.nodes import Node, from_plain, plain, typed
from torana.wiring.problems import Place
from torana.wiring.settings_bind import unwrap
from torana.wiring.settings_forms import Amount, Duration, says
from torana.wiring.settings_read import Wrong, as_plain, scalar, shown, within

HERE = Place("f", 1, 1)
Moment = Annotated[float, says("", form="moment")]
Zone = Annotated[str, says("", form="zone")]


class Shape(msgspec.Struct):
    text: str
    whole: int
    number: float
    truth: bool
    secret: Secret
    amount: Amount
    duration: Duration
    moment: Moment
    zone: Zone
    word: Literal["HS256", "none"]


KINDS = {one.name: one.type for one in inspect.type_info(Shape).fields}  # type: ignore[attr-defined]


def written(text: str) -> Node:
    """An unquoted value of the file."""
    return Node(typed(text), HERE, text=text, plain=True)


def quoted(text: str) -> Node:
    return Node(text, HERE, text=text)


def read(name: str, node: Node) -> Any:
    kind, said = unwrap(KINDS[name])
    return scalar(kind, said, node)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("text", "a b", "a b"), ("whole", "8", 8), ("whole", "8.0", 8), ("number", "8", 8.0), ("number", "1e3", 1000.0),
        ("truth", "true", True), ("truth", "No", False), ("truth", "on", True), ("amount", "2.50", Decimal("2.50")),
        ("amount", "0.000000001", Decimal("0.000000001")), ("duration", "1.5h", 5400.0), ("duration", "250ms", 0.25),
        ("moment", "2027-01-31T00:00:00Z", 1801353600.0), ("moment", "2027-01-31", 1801353600.0),
        ("moment", "2027-01-31T05:30:00+05:30", 1801353600.0), ("zone", "Asia/Kolkata", "Asia/Kolkata"),
        ("word", "hs256", "HS256"), ("word", "none", "none"),
    ],
)  # fmt: skip
def test_a_value_is_read(name: str, text: str, value: object) -> None:
    assert read(name, written(text)) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("text", "8"), ("text", "true"), ("text", ""), ("whole", "8.5"), ("whole", "true"), ("whole", "x"), ("number", "x"),
        ("number", "true"), ("truth", "2"), ("truth", ""), ("amount", "x"), ("amount", "1e99"), ("amount", "true"),
        ("amount", "-1"), ("amount", "1e12"), ("amount", "1.0000000001"), ("amount", ""), ("duration", "1"),
        ("duration", "0s"), ("duration", "x"), ("moment", "soon"), ("zone", "Nowhere"), ("zone", "../etc/passwd"),
        ("zone", "/etc/passwd"), ("word", "HS1"), ("word", "true"), ("word", ""), ("secret", "true"),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_refused(name: str, text: str) -> None:
    with pytest.raises(Wrong):
        read(name, written(text))


@pytest.mark.parametrize("name", list(KINDS))
@pytest.mark.parametrize("value", [[], {}, ["sk-secret"]])
def test_a_list_or_mapping_is_no_single_value(name: str, value: object) -> None:
    with pytest.raises(Wrong) as wrong:
        read(name, from_plain(value, HERE))
    assert "sk-secret" not in wrong.value.message


def test_quotes_make_a_text_and_the_advice_is_to_leave_them() -> None:
    for name, text in (("whole", "8"), ("truth", "true")):
        with pytest.raises(Wrong) as wrong:
            read(name, quoted(text))
        assert wrong.value.suggestion == "without quotes"


def test_what_comes_from_outside_has_no_quotes_to_leave() -> None:
    assert read("whole", plain("8", HERE)) == 8
    assert read("truth", plain("1", HERE)) is True
    assert read("truth", quoted("yes").retyped("yes")) is True
    assert read("whole", quoted("${X}").retyped("8")) == 8
    assert read("number", quoted("${X}").retyped("8.5")) == 8.5
    assert read("text", plain("8", HERE)) == "8"


def test_a_secret_is_any_text_or_number_as_written() -> None:
    assert read("secret", written("000123")).reveal() == "000123"
    assert read("secret", quoted("a b")).reveal() == "a b"
    assert not read("secret", written(""))


def test_what_came_from_the_environment_is_never_shown() -> None:
    for name in KINDS:
        try:
            read(name, plain("sk-secret", HERE))
        except Wrong as wrong:
            assert "sk-secret" not in wrong.message + wrong.suggestion


def test_long_texts_are_shown_short() -> None:
    assert len(shown(quoted("x" * 500))) < 50


def test_bounds_are_kept() -> None:
    bounds = {"ge": 1, "le": 3}
    within(1, bounds)
    within(3, bounds)
    for value, said in (
        (0, bounds),
        (4, bounds),
        (0.0, {"gt": 0}),
        (5, {"lt": 5}),
        ("", {"min_length": 1}),
        ("ab", {"max_length": 1}),
    ):
        with pytest.raises(Wrong):
            within(value, said)
    with pytest.raises(Wrong, match="does not match"):
        within("a1", {"pattern": "^[a-z]+$"})


def test_plain_values_come_back() -> None:
    value = {"a": [1, "b", None, True, {"c": 2.5}]}
    assert as_plain(from_plain(value, HERE)) == value
