"""Values of OTLP's JSON form, judged by the protocol's own schema."""

from __future__ import annotations

from typing import Any

from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from torana.core import otlp

WHOLE = st.integers(-(2**63), 2**63 - 1)
PLAIN = st.recursive(
    st.none() | st.booleans() | WHOLE | st.floats(allow_nan=False, allow_infinity=False) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def back(one: AnyValue) -> Any:
    kind = one.WhichOneof("value")
    if kind is None:
        return None
    if kind == "array_value":
        return [back(each) for each in one.array_value.values]
    if kind == "kvlist_value":
        return {each.key: back(each.value) for each in one.kvlist_value.values}
    return getattr(one, kind)


def without_nothing(plain: Any) -> Any:
    """Members without a value are left out."""
    if isinstance(plain, dict):
        return {name: without_nothing(each) for name, each in plain.items() if each is not None}
    return [without_nothing(each) for each in plain] if isinstance(plain, list) else plain


@given(PLAIN)
def test_every_plain_value_is_itself_again_by_the_schema(plain: Any) -> None:
    assert back(json_format.ParseDict(otlp.value(plain), AnyValue())) == without_nothing(plain)


def test_times_are_whole_nanoseconds() -> None:
    assert otlp.nanos(1_750_000_000.123456) == "1750000000123456000"
