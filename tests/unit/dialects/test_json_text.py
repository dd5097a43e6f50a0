"""json_text: what makes a body unjudgeable, and changes that leave the rest alone."""

from __future__ import annotations

import gzip
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.errors import GatewayError
from torana.dialects import json_text


class Known(msgspec.Struct):
    model: str | None = None
    size: int = 0


DECODER = msgspec.json.Decoder(Known)
SECRET = "swordfish"

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(st.text() | st.sampled_from(["model", "stream_options"]), values, max_size=6)
writers = st.sampled_from([
    {"ensure_ascii": True}, {"ensure_ascii": False}, {"indent": 2}, {"separators": (",", ":")},
])  # fmt: skip


def refused(body: bytes) -> GatewayError:
    with pytest.raises(GatewayError) as caught:
        json_text.decode_request(body, DECODER)
    assert caught.value.code == "REQUEST_INVALID"
    assert SECRET not in caught.value.message
    return caught.value


@pytest.mark.parametrize("body", [
    b"", b"   ", b"{", b'{"a":}', b"[]", b"3", b'"text"', b"null", b'{"a":1}x', b'{"a":1,}', b"\xef\xbb\xbf{}",
    b'{"a":NaN}', b'{"a":Infinity}', b'{"a":01}', b'{"a":"\\q"}', b'{"a":"line\nbreak"}', b"{'a':1}", b'{"a":tru}',
    b'{"swordfish":"\\ud83d"}', b'{"swordfish"',
])  # fmt: skip
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    refused(body)


def test_what_a_body_is_that_is_no_plain_utf_8_is_said() -> None:
    assert "gzip" in refused(gzip.compress(b"{}")).message
    assert "UTF-16" in refused("{}".encode("utf-16")).message
    assert "byte order mark" in refused(b"\xef\xbb\xbf{}").message


@pytest.mark.parametrize("body", [b'{"a":"\xff"}', b'{"\xc3\x28":1}', b'{"a":"\xed\xa0\x80"}', b"\xff\xfe{\x00}\x00"])
def test_text_that_is_no_utf_8_is_refused_even_where_nobody_looks(body: bytes) -> None:
    assert "UTF-8" in refused(body).message


@pytest.mark.parametrize("deep", [
    b"[" * 10_000 + b"]" * 10_000,
    b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    b"[" * 600 + b"]" * 600,
    b"[" * 10_000,
    b"[" * 1_000_000 + b"]" * 1_000_000,
])  # fmt: skip
def test_deep_nesting_is_refused_as_such(deep: bytes) -> None:
    assert "nested deeper" in refused(b'{"x":' + deep + b"}").message


def test_brackets_in_texts_and_wide_bodies_are_no_nesting() -> None:
    body = json.dumps({"model": "m", "a": "[{" * 5_000, "b": [[]] * 5_000, "c": '\\"[' * 5_000}).encode()
    assert json_text.decode_request(body, DECODER).model == "m"


@given(values)
def test_depth_is_what_a_recursive_count_says(value: object) -> None:
    def count(one: object) -> int:
        inner = one.values() if isinstance(one, dict) else one if isinstance(one, list) else None
        return 0 if inner is None else 1 + max(map(count, inner), default=0)

    assert json_text.depth(json.dumps(value).encode()) == count(value)


@pytest.mark.parametrize("body", [
    b'{"model":"a","model":"b"}', b'{"model":"a","mod\\u0065l":"b"}', b'{"mod\\u0065l":"a","x":1,"model":"b"}',
])  # fmt: skip
def test_a_member_that_is_there_twice_is_refused_however_it_is_spelled(body: bytes) -> None:
    assert refused(body).param == "model"


def test_an_unknown_member_that_is_there_twice_is_refused_without_its_name() -> None:
    assert refused(b'{"swordfish":1,"swordfish":2}').param is None


@pytest.mark.parametrize(("body", "param", "words"), [
    (b'{"model":7}', "model", "expected string or null, got integer"),
    (b'{"size":"swordfish"}', "size", "expected integer, got string"),
    (b'{"size":1.5}', "size", "expected integer, got number"),
    (b'{"size":null}', "size", "expected integer, got null"),
])  # fmt: skip
def test_a_wrong_type_names_the_member_and_what_was_expected(body: bytes, param: str, words: str) -> None:
    error = refused(body)
    assert error.param == param
    assert words in error.message


def test_half_a_surrogate_pair_is_named_as_the_likely_cause() -> None:
    assert "surrogate" in refused(b'{"a":"\\ud83d"}').message


def code_of(raw: bytes) -> str | None:
    """The code of the refusal; None when the body was read."""
    try:
        json_text.decode_request(raw, DECODER)
    except GatewayError as error:
        return error.code
    return None


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    assert code_of(body) in (None, "REQUEST_INVALID")


@given(objects, writers, values)
def test_a_changed_member_is_the_only_difference(value: dict[str, object], how: dict, new: object) -> None:
    body = json.dumps(value, **how).encode("utf-8", "surrogatepass")
    out = json_text.changed(body, {"model": json.dumps(new).encode()})
    assert json.loads(out) == {**value, "model": new}
    assert list(json.loads(out)) == list({**value, "model": None})


@given(objects, writers, st.sets(st.sampled_from(["model", "stream_options", "a"])))
def test_members_taken_out_are_the_only_difference(value: dict[str, object], how: dict, names: set[str]) -> None:
    body = json.dumps(value, **how).encode("utf-8", "surrogatepass")
    out = json_text.changed(body, dict.fromkeys(names))
    assert json.loads(out) == {name: one for name, one in value.items() if name not in names}


@given(objects, writers, st.sets(st.sampled_from(["model", "stream_options", "a"])), values)
def test_a_large_body_is_changed_as_a_small_one(
    value: dict[str, object], how: dict, names: set[str], new: object
) -> None:
    body = json.dumps(value, **how).encode("utf-8", "surrogatepass")
    changes = {**dict.fromkeys(names), "n": json.dumps(new).encode()}
    small = json_text.changed(body, changes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_text, "LONG", 0)
        assert json_text.changed(body, changes) == small


def test_every_other_byte_stays_when_a_value_changes() -> None:
    body = b' { "a" : 1.50e1 ,\n\t"model"\t: "old" , "b":"\\u00e9\xc3\xa9", "x": {"model": "old"} } \n'
    assert json_text.changed(body, {"model": b'"new"'}) == body.replace(b': "old" , "b"', b': "new" , "b"')


def test_every_other_byte_stays_when_a_member_is_added() -> None:
    assert json_text.changed(b'{ "a" : 1 }\n', {"n": b"2"}) == b'{ "a" : 1 ,"n":2}\n'
    assert json_text.changed(b"{ }", {"n": b"2"}) == b'{ "n":2}'


def test_a_name_spelled_with_escapes_is_still_that_name() -> None:
    out = json_text.changed(b'{"mod\\u0065l":"old"}', {"model": b'"new"'})
    assert out == b'{"mod\\u0065l":"new"}'


def test_a_renamed_member_keeps_its_value_and_gives_way_to_one_that_is_there() -> None:
    assert json_text.renamed(b'{"a":1.0,"b":2}', {"a": "c"}) == b'{"c":1.0,"b":2}'
    assert json_text.renamed(b'{"a":1,"c":2}', {"a": "c"}) == b'{"c":2}'
    assert json_text.renamed(b'{"b":"a"}', {"a": "c"}) == b'{"b":"a"}'
