"""Requests that are bad HTTP: they never count as one request here and another one elsewhere."""

from __future__ import annotations

import json
import socket

import pytest

from tests.e2e.gateway import CALLER_KEY, Gateway
from tests.e2e.mocks import Aimock
from tests.e2e.road import straight
from tests.e2e.shapes import HELLO
from tests.e2e.test_bad_requests import assert_unharmed
from tests.e2e.wire import chat, exchange, parse, request

pytestmark = straight

BODY = json.dumps({"model": Aimock.chat_model, "messages": HELLO}).encode()
HIDDEN = request(BODY, "X-Request-Id: smuggled")
KEY = f"Authorization: Bearer {CALLER_KEY}".encode()
POST = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n" + KEY + b"\r\n"
LENGTH = b"Content-Length: %d\r\n" % len(BODY)


def refused_by_the_server(gateway: Gateway, wire: bytes) -> None:
    """Exactly one answer, a 400 (or 431, 501), and nothing behind it is read as a request."""
    said = exchange(gateway.port, wire)
    assert_unharmed(gateway)
    assert b"smuggled" not in said, "what hid behind the bad request was answered"
    assert said.count(b"HTTP/1.1 ") == 1
    assert parse(said).status in (400, 501), said
    assert not [entry for entry in gateway.audit() if entry["request_id"] == "smuggled"]


@pytest.mark.parametrize(
    "wire",
    [
        POST + LENGTH + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
        POST + b"Transfer-Encoding: chunked\r\n" + LENGTH + b"\r\n0\r\n\r\n" + HIDDEN,
        POST + b"Content-Length: 4\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY + HIDDEN,
        POST + b"Content-Length: 4, %d\r\n\r\n" % len(BODY) + BODY + HIDDEN,
        POST + b"Content-Length: +%d\r\n\r\n" % len(BODY) + BODY,
        POST + b"Content-Length: -1\r\n\r\n" + BODY,
        POST + b"Content-Length: 0x10\r\n\r\n" + BODY,
        POST + b"Content-Length: 99999999999999999999999\r\n\r\n" + BODY,
        POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + HIDDEN,
        POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + HIDDEN,
        POST + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\nabc\r\n0\r\n\r\n" + HIDDEN,
        POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n0\r\n\r\n" + HIDDEN,
        POST + b"Content-Length : %d\r\n\r\n" % len(BODY) + BODY + HIDDEN,
        POST + b"Transfer-Encoding : chunked\r\n" + LENGTH + b"\r\n" + BODY + HIDDEN,
        POST + LENGTH + b"X-A: b\x00c\r\n\r\n" + BODY,
        POST + LENGTH + b"X\x00A: bc\r\n\r\n" + BODY,
        POST + LENGTH + b"no colon here\r\n\r\n" + BODY,
        POST + LENGTH + b"X-A: b\rX-Request-Id: smuggled\r\n\r\n" + BODY,
        b" POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n" + KEY + b"\r\n" + LENGTH + b"\r\n" + BODY,
        b"POST /v1/chat/completions HTTP/9.9\r\nHost: x\r\n" + KEY + b"\r\n" + LENGTH + b"\r\n" + BODY,
        b"POST /v1/chat completions HTTP/1.1\r\nHost: x\r\n" + KEY + b"\r\n" + LENGTH + b"\r\n" + BODY,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\r\n\r\n\r\n\x00\x01garbage\r\n\r\n",
        (POST + LENGTH).replace(b"\r\n", b"\n") + b"\n" + BODY,
        POST + LENGTH + b"X-A: one\r\n two\r\n\r\n" + BODY,
        POST + LENGTH + b"X-A: one\r\n\tX-Request-Id: smuggled\r\n\r\n" + BODY,
        POST + LENGTH + LENGTH + b"\r\n" + BODY,
    ],
    ids=[
        "length, then chunked",
        "chunked, then length",
        "two lengths",
        "a list of lengths",
        "plus",
        "minus",
        "hex",
        "huge",
        "chunked is not last",
        "unknown coding",
        "chunk size is no hex",
        "negative chunk",
        "space before colon of length",
        "space before colon of coding",
        "NUL in a value",
        "NUL in a name",
        "no colon",
        "bare CR",
        "space before the method",
        "version",
        "space in the path",
        "TLS",
        "HTTP/2",
        "garbage",
        "bare LF",
        "folded line",
        "folded header",
        "the same length twice",
    ],
)
def test_a_request_that_two_parsers_could_read_differently_is_refused(gateway: Gateway, wire: bytes) -> None:
    refused_by_the_server(gateway, wire)


@pytest.mark.parametrize(
    "header",
    [
        b"X-Long: " + b"a" * 200_000,
        b"X" * 200_000 + b": a",
        b"Authorization: Bearer " + b"k" * 200_000,
        b"\r\n".join(b"X-%d: %s" % (number, b"v" * 100) for number in range(3000)),
    ],
    ids=["value", "name", "key", "number"],
)
def test_giant_headers_are_refused_or_harmless(gateway: Gateway, header: bytes) -> None:
    wire = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n" + header + b"\r\n" + LENGTH + b"\r\n" + BODY
    said = exchange(gateway.port, wire)
    if said:
        assert parse(said).status in (400, 401, 413, 431)
    assert_unharmed(gateway)


def test_a_head_without_end_is_cut_off(gateway: Gateway) -> None:
    taken = 0
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=5) as connection:
        connection.sendall(POST + b"X-Long: ")
        try:
            for _ in range(16):
                connection.sendall(b"a" * 1_048_576)
                taken += 1
        except OSError:
            pass
    assert taken < 16, "16 MB of a header were taken from someone nobody knows"


def test_two_good_requests_in_a_row_on_one_connection_get_two_answers_in_order(gateway: Gateway) -> None:
    first, second = (chat(Aimock.chat_model, f"X-Request-Id: pipelined-{n}") for n in (1, 2))
    said = exchange(gateway.port, first + second)
    one = parse(said)
    assert (one.status, one.headers["x-request-id"]) == (200, "pipelined-1")
    two = parse(one.rest)
    assert (two.status, two.headers["x-request-id"]) == (200, "pipelined-2")


def test_garbage_behind_a_good_request_gets_no_second_good_answer(gateway: Gateway) -> None:
    said = exchange(gateway.port, chat(Aimock.chat_model, "X-Request-Id: good") + b"\x00\xffGARBAGE\r\n\r\n" + HIDDEN)
    assert b"smuggled" not in said
    assert_unharmed(gateway)


def test_a_connection_that_says_nothing_whole_harms_nobody(gateway: Gateway) -> None:
    for wire in (b"", b"P", POST, POST + LENGTH + b"\r\n" + BODY[:10]):
        exchange(gateway.port, wire, quiet_s=0.1)
    assert_unharmed(gateway)
