"""The codec of the Responses API as a whole: its names, and a request said, understood and said again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.events import (
    Choice,
    Format,
    Media,
    Reasoning,
    Refusal,
    Request,
    Sampling,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
    Turn,
)
from torana.dialects import openai_responses as dialect
from torana.dialects.codecs import openai_responses as codec
from torana.ports.codec import Codec

METHODS = [name for name in vars(Codec) if not name.startswith("_") and callable(vars(Codec)[name])]


def test_it_is_the_codec_of_its_dialect() -> None:
    assert codec.ID == dialect.ID
    assert METHODS


@pytest.mark.parametrize("method", METHODS)
def test_it_has_every_name_of_a_codec(method: str) -> None:
    assert callable(getattr(codec, method))


words = st.text(min_size=1, max_size=8)
ids = st.from_regex(r"[a-z]{1,6}", fullmatch=True)
texts = words.map(Text)
media = st.one_of(
    st.builds(lambda name: Media("image", url=f"https://x.test/{name}", detail="low"), ids),
    st.builds(lambda name: Media("image", "image/png", name * 4), ids),
    st.builds(lambda name: Media("document", "application/pdf", name * 4, name=f"{name}.pdf"), ids),
    st.builds(lambda name: Media("audio", "audio/mpeg", name * 4), ids),
    st.builds(lambda name: Media("document", file_id=name), ids),
)
asked = st.builds(lambda parts: Turn("user", tuple(parts)), st.lists(texts | media, min_size=1, max_size=3))
results = st.builds(
    lambda found: Turn("user", tuple(found)),
    st.lists(
        st.builds(lambda name, parts: ToolResult(name, tuple(parts)), ids, st.lists(texts | media, min_size=1, max_size=2)),
        min_size=1, max_size=2,
    ),
)  # fmt: skip
thoughts = st.builds(lambda text, data, name: Thinking(text, "", f"g{data}", name), words, ids, ids)
calls = st.tuples(ids, ids, words).map(lambda said: ToolCall(*said))
answered = st.builds(
    lambda thought, said, called: Turn("assistant", (*thought, *said, *called)),
    st.lists(thoughts, max_size=1),
    st.lists(texts | words.map(Refusal), min_size=1, max_size=2),
    st.lists(calls, max_size=2),
)
tools = st.tuples(ids, words, st.just(b'{"type": "object"}'), st.booleans()).map(lambda said: Tool(*said))


@given(
    st.lists(st.tuples(asked, answered, results), max_size=2),
    st.lists(texts, max_size=2),
    st.lists(tools, min_size=1, max_size=2),
    st.sampled_from([None, Choice("any"), Choice("tool", "f")]),
    st.sampled_from([None, Format("json"), Format("schema", "n", b'{"a": [1]}', True, "d")]),
    st.sampled_from([None, Reasoning("low"), Reasoning("off", shown=False), Reasoning()]),
    st.tuples(st.none() | st.integers(1, 9), st.none() | st.just(0.5), st.sampled_from([None, 0, 3])),
)
def test_what_it_can_say_it_understands_as_it_was_meant(
    talk: list[tuple[Turn, ...]],
    system: list[Text],
    offered: list[Tool],
    choice: Choice | None,
    shape: Format | None,
    reasoning: Reasoning | None,
    sampled: tuple[int | None, float | None, int | None],
) -> None:
    sampling = Sampling(sampled[0], sampled[1], logprobs=sampled[2])
    request = Request(
        "m", tuple(turn for row in talk for turn in row), tuple(system), tuple(offered), choice, True, sampling, shape,
        reasoning, True, "u", "flex", (("a", "b"),),
    )  # fmt: skip
    body, dropped = codec.write_request(request, "m")
    assert dropped == ()
    assert codec.read_request(body) == request
