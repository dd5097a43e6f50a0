"""The codec has the names that translation asks for."""

from __future__ import annotations

from torana.core.events import Request
from torana.dialects import anthropic_messages as dialect
from torana.dialects.codecs import anthropic_messages as codec


def test_the_codec_is_named_like_its_dialect() -> None:
    assert codec.ID == dialect.ID == codec.__name__.rpartition(".")[2]


def test_a_written_stream_is_read_by_the_same_codec() -> None:
    reader = codec.reader()
    assert reader.feed(codec.writer(Request("m", ())).finish())
    assert reader.finish() == ()


def test_the_dialect_takes_the_requests_that_the_codec_writes() -> None:
    body = b'{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}'
    assert dialect.read(codec.write_request(codec.read_request(body), "n").body).model == "n"
