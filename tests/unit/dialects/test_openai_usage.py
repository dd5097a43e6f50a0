"""openai_usage: a provider's numbers in our words, believed only as far as they make sense."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.call import Usage
from torana.dialects.openai_usage import usage_of, usage_of_response


@pytest.mark.parametrize(("value", "usage"), [
    ({"prompt_tokens": 9, "completion_tokens": 5}, Usage(9, output=5)),
    ({"prompt_tokens": 9, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 4}}, Usage(5, 4, output=5)),
    ({"prompt_tokens": 9, "prompt_cache_hit_tokens": 2}, Usage(7, 2)),
    ({"prompt_tokens": 9, "prompt_tokens_details": {"cached_tokens": 20}}, Usage(0, 9)),
    ({"prompt_tokens": 9, "prompt_tokens_details": None}, Usage(9)),
    ({"prompt_tokens": -9, "completion_tokens": 5}, Usage(output=5)),
    ({"completion_tokens": 5, "completion_tokens_details": {"reasoning_tokens": 3}}, Usage(output=5, reasoning=3)),
    ({"completion_tokens": 5, "completion_tokens_details": {"reasoning_tokens": 9}}, Usage(output=5, reasoning=5)),
    ({"prompt_tokens": 9.0, "completion_tokens": 1.0}, Usage(9, output=1)),
    ({"prompt_tokens": True, "completion_tokens": "5"}, None),
    ({"prompt_tokens": 10**30}, None),
    ({}, None), (None, None), ([], None), ("12", None),
])  # fmt: skip
def test_what_a_usage_object_says(value: object, usage: Usage | None) -> None:
    assert usage_of(value) == usage


def test_reasoning_left_out_of_the_completion_is_added() -> None:
    value = {
        "prompt_tokens": 37, "completion_tokens": 530, "total_tokens": 800,
        "completion_tokens_details": {"reasoning_tokens": 233},
    }  # fmt: skip
    assert usage_of(value) == Usage(37, output=763, reasoning=233)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.dictionaries(
        st.sampled_from(["prompt_tokens", "completion_tokens", "total_tokens", "prompt_tokens_details", "cached_tokens",
                         "completion_tokens_details", "reasoning_tokens"]), inner),
)  # fmt: skip


@given(anything)
def test_no_usage_is_ever_negative_or_more_than_its_whole(value: object) -> None:
    usage = usage_of(value)
    if usage is not None:
        assert min(usage.uncached, usage.cache_read, usage.cache_write, usage.output, usage.reasoning) >= 0
        assert usage.reasoning <= usage.output


@pytest.mark.parametrize(("value", "usage"), [
    ({"input_tokens": 10, "output_tokens": 7, "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 1},
      "output_tokens_details": {"reasoning_tokens": 2}}, Usage(5, 4, 1, 7, 2)),
    ({"input_tokens": 3, "input_tokens_details": {"cached_tokens": 9, "cache_write_tokens": 9}}, Usage(0, 3)),
    ({"output_tokens": 2, "output_tokens_details": {"reasoning_tokens": 5}}, Usage(output=2, reasoning=2)),
    ({"input_tokens": "3", "output_tokens": None}, None), ({}, None), (None, None), ([], None),
])  # fmt: skip
def test_what_the_usage_object_of_a_response_says(value: object, usage: Usage | None) -> None:
    assert usage_of_response(value) == usage
