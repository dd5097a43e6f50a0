"""Golden cases of gemini_content, each a folder: request → sent, upstream → out, and what was learned on the way.

``sent.json`` is the request for a provider that calls the model ``provider-model``. After the examples in Google's documentation. Bytes are
compared as they are, and streams are played whole and cut at every byte.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from torana.core.call import Ask, Chunk, Usage
from torana.core.faults import StatusFault, UpstreamFault
from torana.dialects import gemini_content

HERE = Path(__file__).parent / "gemini_content"
CASES = sorted(path for path in HERE.iterdir() if path.is_dir())
STREAMED = [case for case in CASES if (case / "upstream.sse").exists()]
PLAIN = [case for case in CASES if (case / "upstream.json").exists()]


def ask_of(case: Path) -> Ask:
    method = "streamGenerateContent" if case in STREAMED else "generateContent"
    return gemini_content.read_named((case / "request.json").read_bytes(), "gemini-2.0-flash", method)


def learned(chunks: Iterator[Chunk]) -> tuple[bytes, dict[str, object]]:
    """The wire, and what ``usage.json`` says of it."""
    out, usage, finish, fault = [], Usage(), None, None
    try:
        for chunk in chunks:
            out.append(chunk.wire)
            usage = chunk.usage or usage
            finish = chunk.finish or finish
    except UpstreamFault as raised:
        fault = raised
    said: dict[str, object] = {
        "uncached": usage.uncached, "cache_read": usage.cache_read, "output": usage.output, "reasoning": usage.reasoning,
        "finish": finish, "fault": type(fault).__name__ if fault else None,
    }  # fmt: skip
    if isinstance(fault, StatusFault):
        said["status"] = fault.status
    return b"".join(out), said


def expected(case: Path) -> dict[str, object]:
    said: dict[str, object] = json.loads((case / "usage.json").read_bytes())
    return said


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
    stream = (case / "upstream.sse").read_bytes()
    ask = ask_of(case)

    def play(*pieces: bytes) -> Iterator[Chunk]:
        decoder = gemini_content.decoder(ask)
        for piece in pieces:
            yield from decoder.feed(piece)
        yield from decoder.finish()

    wanted = (case / "out.sse").read_bytes(), expected(case)
    assert learned(play(stream)) == wanted
    assert learned(play(*[stream[at : at + 1] for at in range(len(stream))])) == wanted
    for at in range(1, len(stream)):
        assert learned(play(stream[:at], stream[at:])) == wanted, at
