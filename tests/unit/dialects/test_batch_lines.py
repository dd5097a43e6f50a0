"""Files for batches: every line is read as the request that it is."""

from __future__ import annotations

import json

import pytest

from torana.core.call import Usage
from torana.core.errors import GatewayError
from torana.core.kept import Lines
from torana.dialects.batch_lines import read, renamed, usage_of

CHAT = "/v1/chat/completions"


def line(url: str = CHAT, name: str = "c", method: str = "POST", **body: object) -> bytes:
    whole = {"model": "m", "messages": [{"role": "user", "content": "hi"}], **body}
    return json.dumps({"custom_id": name, "method": method, "url": url, "body": whole}).encode()


def test_what_the_lines_may_come_to_is_added_up() -> None:
    content = b"\n".join([line(max_tokens=10), line(max_tokens=7, n=2), b"", line(n=3), line()]) + b"\n"
    found = read(content)
    size = sum(len(json.dumps(json.loads(one)["body"])) for one in content.splitlines() if one)
    assert found.lines == Lines("m", CHAT, 4, size, 24, 4)
    assert "hi" in found.texts


def test_texts_are_those_that_json_means() -> None:
    assert "bluebird" in read(line().replace(b"hi", b"blue\\u0062ird")).texts


def test_what_lines_need_is_known() -> None:
    assert read(line(tools=[{}])).needs == {"tools"}


def test_one_line_of_token_numbers_makes_the_file_unread() -> None:
    lines = [line(url="/v1/completions", prompt=prompt) for prompt in ("x", [1, 2])]
    assert read(lines[0]).unread == ""
    assert read(b"\n".join(lines)).unread == "prompt"


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\n\n"])
def test_only_the_models_name_changes(ending: bytes) -> None:
    given = line(name="द", seed=12345678901234567890) + ending
    (sent,) = renamed(given + line(name="b"), "up").splitlines()[:1]
    assert json.loads(sent) == {**json.loads(given), "body": {**json.loads(given)["body"], "model": "up"}}
    assert b"12345678901234567890" in sent


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"{",
        b"[]",
        line() + b"\n" + line(model="other"),
        line() + b"\n" + line(url="/v1/completions", prompt="x"),
        line(url="/v1/files"),
        line(method="GET"),
        line(stream=True),
        line(model=None),
        line(messages=[]),
        line(messages=[{"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}}]}]),
        line().replace(b'"model"', b'"model": "cheap", "model"'),
        line().replace(b'"body"', b'"body": {}, "body"'),
    ],
)
def test_what_cannot_be_judged_is_refused(content: bytes) -> None:
    with pytest.raises(GatewayError) as refused:
        read(content)
    assert (refused.value.code, refused.value.param) == ("REQUEST_INVALID", "file")


def test_the_line_at_fault_is_named() -> None:
    with pytest.raises(GatewayError, match="line 2"):
        read(line() + b"\n" + line(stream=True))


def answer(usage: object, status: int = 200) -> bytes:
    return json.dumps({"custom_id": "c", "response": {"status_code": status, "body": {"usage": usage}}}).encode()


def test_what_answers_used_is_added_up_in_either_wording() -> None:
    chat = {"prompt_tokens": 10, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 3}}
    response = {"input_tokens": 5, "output_tokens": 2, "output_tokens_details": {"reasoning_tokens": 1}}
    refused = b'{"custom_id":"c","response":null,"error":{"code":"batch_expired"}}'
    content = b"\n".join([answer(chat), answer(response), answer(None, 400), refused])
    assert usage_of(content) == Usage(12, 3, 0, 6, 1)


@pytest.mark.parametrize("content", [answer(None), b"no JSON", answer({"seconds": 3})])
def test_nothing_is_known_when_one_answer_does_not_say(content: bytes) -> None:
    assert usage_of(answer({"prompt_tokens": 1, "completion_tokens": 1}) + b"\n" + content) is None
