"""Joining two schemas: what both say stands, what cannot be said is named."""

from __future__ import annotations

from torana.dialects.schema_joins import MAX_NAMED, Joins


def test_properties_are_united_and_shared_ones_joined() -> None:
    joins = Joins()
    one = {"properties": {"a": {"type": "string"}, "b": {}}, "description": "old"}
    two = {"properties": {"a": {"minLength": 1}, "c": {}}, "description": "new"}
    assert joins.both(one, two, ()) == {
        "properties": {"a": {"type": "string", "minLength": 1}, "b": {}, "c": {}}, "description": "new",
    }  # fmt: skip
    assert joins.names() == ()


def test_what_cannot_be_said_in_one_value_is_named() -> None:
    joins = Joins()
    assert joins.both({"pattern": "a"}, {"pattern": "b"}, ("x",)) == {"pattern": "b"}
    assert joins.names() == ("/x/pattern",)


def test_closing_one_of_two_objects_is_named_unless_both_have_the_same_properties() -> None:
    closed = {"properties": {"a": {}}, "additionalProperties": False}
    joins = Joins()
    joins.both(closed, {"properties": {"a": {}}}, ())
    assert joins.names() == ()
    assert joins.both(closed, {"properties": {"b": {}}}, ())["additionalProperties"] is False
    assert joins.names() == ("/additionalProperties",)


def test_each_loss_is_named_once_and_long_names_are_cut() -> None:
    joins = Joins()
    joins.name(("a" * 500, "~/", "é\r\n, "))
    joins.name(("a" * 500, "~/", "é\r\n, "))
    assert joins.names() == ("/" + "a" * 64 + "/~0~1/%C3%A9%0D%0A%2C%20",)
    for at in range(MAX_NAMED + 5):
        joins.name((str(at),))
    assert len(joins.names()) == MAX_NAMED + 1


def test_a_kept_reference_is_joined_with_nothing() -> None:
    joins = Joins()
    assert joins.both({"$ref": "#"}, {"$ref": "#"}, ()) == {"$ref": "#"}
    assert joins.names() == ()
    assert joins.both({"type": "string"}, {"$ref": "#"}, ("x",)) == {"type": "string"}
    assert joins.names() == ("/x/$ref",)
