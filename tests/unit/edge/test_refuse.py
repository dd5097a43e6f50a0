"""Headers of a refusal: when to come back, whether to try again, and nothing a caller could have smuggled in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.errors import CODES, GatewayError, LimitReached
from torana.dialects import anthropic_messages, openai_chat
from torana.edge.house import Message
from torana.edge.refuse import LONGEST_WAIT_S, send_refusal


async def refused(error: GatewayError, dialect: Any = openai_chat, **how: Any) -> tuple[int, dict[str, str], bytes]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await send_refusal(send, error, dialect, "req-1", **how)
    start, body = sent
    names = [name for name, _ in start["headers"]]
    assert len(set(names)) == len(names), "a header twice"
    headers = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
    return start["status"], headers, body["body"]


@pytest.mark.parametrize("code", CODES)
async def test_each_code_has_its_status_a_whole_body_and_honest_headers(code: str) -> None:
    status, headers, body = await refused(GatewayError(code, "told"))
    meaning = CODES[code]
    assert status == meaning.status
    assert headers["content-length"] == str(len(body))
    assert headers["content-type"] == "application/json"
    assert headers["x-request-id"] == "req-1"
    assert json.loads(body)["error_code"] == code
    assert ("x-should-retry" in headers) is not meaning.retryable
    assert headers.get("x-should-retry", "false") == "false"
    assert ("retry-after" in headers) is (status in {429, 503})
    assert ("www-authenticate" in headers) is (status == 401)
    assert ("connection" in headers) is (status in {408, 413})
    assert ("allow" in headers) is (status == 405)


async def test_a_limit_that_refuses_says_what_is_left_of_it() -> None:
    room = ("tokens", 500, 20, 12.5)
    _, headers, _ = await refused(
        LimitReached("RATE_LIMIT_EXCEEDED", "told", details={}, retry_after_s=12.5, room=room)
    )
    assert {name: value for name, value in headers.items() if name.startswith("x-ratelimit-")} == {
        "x-ratelimit-limit-tokens": "500",
        "x-ratelimit-remaining-tokens": "20",
        "x-ratelimit-reset-tokens": "12.500s",
    }
    assert headers["retry-after"] == "13" and "x-should-retry" not in headers


async def test_what_never_fits_under_its_limit_is_not_to_be_tried_again() -> None:
    _, headers, _ = await refused(
        LimitReached("RATE_LIMIT_EXCEEDED", "told", details={}, retry_after_s=12.5, fits=False)
    )
    assert headers["x-should-retry"] == "false"


ANY_WAIT = st.floats(allow_nan=True, allow_infinity=True)


@given(st.sampled_from(sorted(CODES)), ANY_WAIT)
async def test_whatever_wait_is_named_the_header_is_a_sane_number_of_seconds(code: str, wait: float) -> None:
    _, headers, _ = await refused(GatewayError(code, "told", retry_after_s=wait))
    assert 1 <= int(headers["retry-after"]) <= LONGEST_WAIT_S
    assert 1 <= int(headers["retry-after-ms"]) <= LONGEST_WAIT_S * 1000


@given(st.floats(0.001, LONGEST_WAIT_S))
async def test_who_comes_back_when_told_does_not_come_too_early(wait: float) -> None:
    _, headers, _ = await refused(GatewayError("RATE_LIMIT_EXCEEDED", "told", retry_after_s=wait))
    assert int(headers["retry-after"]) >= wait
    assert int(headers["retry-after-ms"]) >= wait * 1000 - 1e-6


@given(st.text(), st.text())
async def test_no_text_of_an_error_reaches_a_header(message: str, param: str) -> None:
    plain = await refused(GatewayError("REQUEST_INVALID", "told"))
    told = await refused(GatewayError("REQUEST_INVALID", message, param=param, details={"x": message}))
    assert {**told[1], "content-length": ""} == {**plain[1], "content-length": ""}


async def test_an_answer_to_head_has_no_body() -> None:
    status, headers, body = await refused(GatewayError("NOT_FOUND", "told"), head=True)
    assert (status, body) == (404, b"")
    assert headers["x-request-id"] == "req-1"


async def test_anthropics_sdks_find_the_id_where_they_look_for_it() -> None:
    error = GatewayError("MODEL_NOT_FOUND", "none")
    assert (await refused(error, anthropic_messages))[1]["request-id"] == "req-1"
    assert "request-id" not in (await refused(error))[1]
