"""Single parts: base64 in both alphabets, ids of calls, whose result a result is."""

from __future__ import annotations

import base64

from hypothesis import given
from hypothesis import strategies as st

from torana.dialects.codecs.gemini_parts import Calls, standard_base64, told_id


@given(st.binary(max_size=20))
def test_base64_of_either_alphabet_is_read(raw: bytes) -> None:
    standard = base64.b64encode(raw).decode()
    assert standard_base64(standard) == standard
    assert standard_base64(base64.urlsafe_b64encode(raw).decode().rstrip("=")) == standard


def test_results_without_ids_answer_the_first_open_call_of_their_name() -> None:
    calls = Calls()
    f, given_id, again = calls.called(None, "f"), calls.called("g1", "g"), calls.called(None, "f")
    assert given_id == "g1"
    assert calls.answered(None, "f") == f
    assert calls.answered("g1", "g") == "g1"
    assert calls.answered(None, "f") == again
    assert calls.answered(None, "f") not in {f, again}


def test_only_ids_that_gemini_may_have_given_are_told_to_it() -> None:
    assert told_id(Calls().called(None, "f")) is None
    assert told_id("") is None
    assert told_id("toolu_1") == "toolu_1"
