"""A widened pattern matches all that the pattern matched, and counts no further than a few."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.guardrails.secrets.contexts import PATTERNS
from torana.scan.widen import widened


@pytest.mark.parametrize(
    ("pattern", "wide"),
    [
        (r"[\w.]{0,60}x{1,9}y{3,40}", r"[\w.]*x+y{3,}"),
        ("a{2,8}b{20}c{5,}", "a{2,8}b{20}c{5,}"),
        (r"[{0,60}]\{0,60}\x{0370}\p{L}", r"[{0,60}]\{0,60}\x{0370}\p{L}"),
        ("a{0,60}?b", "a*?b"),
    ],
)
def test_only_far_upper_bounds_go(pattern: str, wide: str) -> None:
    assert widened(pattern) == wide


@given(st.data())
def test_what_a_pattern_matches_its_widened_form_matches(data: st.DataObject) -> None:
    pattern = data.draw(st.sampled_from([PATTERNS[name] for name in ("assigned", "header", "userinfo", "npm")]))
    text = data.draw(st.from_regex(re.compile(pattern, re.ASCII)))
    assert re.search(widened(pattern), text, re.ASCII)
