"""Golden cases of gemini_content, each a folder: request → sent, upstream → out, and what was learned on the way.

``sent.json`` is the request for a provider that calls the model ``provider-model``. After the examples in Google's documentation. Bytes are
compared as they are, and streams are played whole and cut at every byte.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.golden.dialect_cases import expected, holds_wherever_it_is_cut, learned
from torana.core.call import Ask
from torana.dialects import gemini_content

HERE = Path(__file__).parent / "gemini_content"
CASES = sorted(path for path in HERE.iterdir() if path.is_dir())
STREAMED = [case for case in CASES if (case / "upstream.sse").exists()]
PLAIN = [case for case in CASES if (case / "upstream.json").exists()]


def ask_of(case: Path) -> Ask:
    method = "streamGenerateContent" if case in STREAMED else "generateContent"
    return gemini_content.read_named((case / "request.json").read_bytes(), "gemini-2.0-flash", method)


def test_every_case_is_played_one_way() -> None:
    assert len(CASES) >= 11
    assert sorted(STREAMED + PLAIN) == CASES


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_sent_to_the_provider(case: Path) -> None:
    request = (case / "request.json").read_bytes()
    sent = gemini_content.retarget(request, ask_of(case), "provider-model", True)
    assert sent == (case / "sent.json").read_bytes()


@pytest.mark.parametrize("case", PLAIN, ids=lambda case: case.name)
def test_what_comes_of_a_plain_answer(case: Path) -> None:
    answer = (case / "upstream.json").read_bytes()
    wire, said = learned(gemini_content.read_answer(answer, ask_of(case)) for _ in "1")
    assert wire == (case / "out.json").read_bytes()
    assert said == expected(case)


@pytest.mark.parametrize("case", STREAMED, ids=lambda case: case.name)
def test_what_comes_of_a_stream_wherever_it_is_cut(case: Path) -> None:
    holds_wherever_it_is_cut(case, lambda: gemini_content.decoder(ask_of(case)))
