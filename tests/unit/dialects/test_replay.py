"""What decides an answer is in a body's canonical form, what only says how it is delivered is not."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contract.cache.test_entries import entry
from tests.line.caching import STREAM, USAGE, WHOLE
from torana.core.call import Ask, Chunk
from torana.dialects import replay

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text(min_size=1, max_size=6), JSON, max_size=5))
def test_how_it_is_written_changes_nothing(body: dict[str, object]) -> None:
    compact = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")
    pretty = json.dumps(dict(reversed(body.items())), indent=2).encode()
    assert replay.canonical(compact) == replay.canonical(pretty)


def test_what_says_how_and_for_whom_is_put_aside_and_the_wish_apart() -> None:
    said = {
        "model": "m",
        "stream": True,
        "user": "u",
        "stream_options": {"include_usage": True},
        "cache": {"ttl": 5},
        "a": 1,
    }
    found = replay.canonical(json.dumps(said).encode())
    assert found == (b'{"a":1}', b'{"include_usage":true}', {"ttl": 5})


@pytest.mark.parametrize("cache", [True, "x", {"type": "ephemeral"}, {"ttl": 5, "other": 1}])
def test_a_member_cache_of_somebody_elses_stays(cache: object) -> None:
    found = replay.canonical(json.dumps({"cache": cache}).encode())
    assert found is not None
    assert (json.loads(found.body), found.wish) == ({"cache": cache}, None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"--form\r\n",
        b'{"a":1,"a":2}',
        b'{"b":[{"a":1,"a":2}]}',
        b'{"a":"\\ud800"}',
        b"\xff",
        b"[" * 9999,
    ],
)
def test_what_has_no_one_meaning_has_no_canonical_form(body: bytes) -> None:
    assert replay.canonical(body) is None


def test_members_are_taken_out_and_nothing_else_changes() -> None:
    assert replay.without(b'{"a": 1.50, "cache": {}, "b": [ 1 ]}', "cache") == b'{"a":1.50,"b":[ 1 ]}'


BODY = b'{"model":"m","messages":[{"role":"user","content":"x"}]}'
KEPT_WHOLE = entry(stream=False, chunks=(Chunk(WHOLE, True, USAGE, "stop"),), usage=USAGE)
KEPT_STREAM = entry(stream=True, chunks=STREAM, usage=USAGE)


def test_it_is_given_in_its_own_form_byte_for_byte() -> None:
    assert replay.given(KEPT_WHOLE, Ask("m"), BODY, b"") is KEPT_WHOLE.chunks
    assert replay.given(KEPT_STREAM, Ask("m", stream=True), BODY, b"") is KEPT_STREAM.chunks


def test_it_is_turned_where_the_dialect_has_a_codec_and_not_given_where_it_has_none() -> None:
    turned = replay.given(KEPT_STREAM, Ask("m"), BODY, b"")
    assert turned is not None
    assert json.loads(turned[0].wire)["choices"][0]["message"]["content"] == "Paris it is"
    assert (turned[0].usage, turned[0].finish) == (USAGE, "stop")
    other = KEPT_STREAM._replace(dialect="embeddings")
    assert replay.given(other, Ask("m"), BODY, b"") is None
    broken = KEPT_WHOLE._replace(chunks=(Chunk(b"{}"),))
    assert replay.given(broken, Ask("m", stream=True), BODY, b"") is None
    assert replay.calls_tools(other) is None
    assert replay.calls_tools(KEPT_WHOLE) is False


def test_a_question_is_told_from_what_is_around_it() -> None:
    one = replay.question("openai_chat", BODY)
    other = replay.question("openai_chat", BODY.replace(b'"x"', b'"y"'))
    assert one is not None
    assert other is not None
    assert (one[0], one[1], other[1]) == (other[0], "x", "y")
    assert replay.question("openai_chat", BODY[:-1] + b',"logit_bias":{"1":2}}') is None
    assert replay.question("embeddings", BODY) is None
    assert replay.question("openai_chat", b"{}") is None


def test_a_body_that_came_lately_says_the_same_again_and_another_its_own() -> None:
    first, other = b'{"b":1,"a":[1.0]}', b'{"b":1,"a":[1]}'
    assert replay.canonical(first) == replay.canonical(bytes(bytearray(first))) == (b'{"a":[1.0],"b":1}', b"", None)
    assert replay.canonical(other) == (b'{"a":[1],"b":1}', b"", None)
    long = b'{"b":1,"a":"%s"}' % (b"x" * replay.SHORT)
    assert replay.canonical(long) == (b'{"a":"%s","b":1}' % (b"x" * replay.SHORT), b"", None)
