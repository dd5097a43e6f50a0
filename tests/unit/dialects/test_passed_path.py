"""Paths that may be passed on, and those by which somebody might leave the provider's address."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.errors import GatewayError
from torana.dialects.passed_path import checked, model_in, without_credentials


@pytest.mark.parametrize(
    "path",
    [
        "/chat/completions",
        "/v1/files/file-abc",
        "/files/",
        "/models/gemini-2.5-pro:generateContent",
        "/a/b%20c/d~e.f",
        "/model/arn%3Aaws%2Finference-profile/invoke",
        "/...x/y..z",
    ],
)
def test_a_path_stays_as_it_was_sent(path: str) -> None:
    assert checked(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "chat",
        "//evil.example/x",
        "/a//b",
        "/http://evil.example/",
        "/../admin",
        "/a/..",
        "/a/../../b",
        "/./a",
        "/%2e%2e/a",
        "/a/%2E%2e%2fb",
        "/a%2f..%2fb",
        "/%252e%252e/a",
        "/%25252525252e",
        "/..;/a",
        "/..;x=y/a",
        "/a%2f%2fevil.example",
        "/%2f/evil.example",
        "/a\\b",
        "/a%5c..%5cb",
        "/a%5cb",
        "/a%00b",
        "/a%0d%0aHost:%20evil.example",
        "/a b",
        "/a?b",
        "/a#b",
        "/a%",
        "/a%zz",
        "/a\u00e9",
        "/ ..",
        "/%20../a",
        "/v1beta/%6dodels/gemini:generateContent",
        "/openai/%64eployments/gpt-4o/chat/completions",
        "/chat/completion%73",
        "/messages/count%5Ftokens",
        "/v1beta/%256dodels/gemini:generateContent",
        "/" + "a" * 3000,
    ],
)
def test_what_might_lead_somewhere_else_is_not_found(path: str) -> None:
    with pytest.raises(GatewayError) as caught:
        checked(path)
    assert caught.value.code == "NOT_FOUND"


@given(st.text(alphabet="/.%2eEfF5cC;\\ab", max_size=24))
def test_whatever_is_let_through_has_no_step_back_in_it(rest: str) -> None:
    try:
        path = checked(f"/{rest}")
    except GatewayError:
        return
    for _ in range(6):
        assert not {"..", "."} & set(path.replace("\\", "/").split("/"))
        assert "//" not in path
        path = unquote(path)


def test_credentials_of_the_caller_stay_here() -> None:
    assert without_credentials("alt=sse&key=AIza&a=b") == ("alt=sse&a=b", ("key",))
    assert without_credentials("%6bey=AIza") == ("", ("key",))
    assert without_credentials("API_Key=1&access_token=2") == ("", ("api_key", "access_token"))
    assert without_credentials("%256bey=AIza") == ("", ("key",))


def test_other_fields_keep_their_order_and_bytes() -> None:
    assert without_credentials("limit=2&after=a%2Fb&limit=3&pageToken=x") == (
        "limit=2&after=a%2Fb&limit=3&pageToken=x",
        (),
    )
    assert without_credentials("") == ("", ())


@pytest.mark.parametrize("query", ["a b", "a=\r\n", "a=%zz", "a#b", "x" * 3000])
def test_what_is_no_query_is_refused(query: str) -> None:
    with pytest.raises(GatewayError):
        without_credentials(query)


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/models/gemini-2.5-pro:generateContent", "gemini-2.5-pro"),
        ("/v1beta/models/gemini:streamGenerateContent", "gemini"),
        ("/openai/deployments/prod-4o/chat/completions", "prod-4o"),
        ("/model/anthropic.claude-v2:1/invoke", "anthropic.claude-v2:1"),
        ("/models/a%2Fb", "a/b"),
        ("/v1beta/models%2Fgemini%3AgenerateContent", "gemini"),
        ("/v1%252Fmodels%252Fgemini", "gemini"),
        ("/models", None),
        ("/chat/completions", None),
    ],
)
def test_the_model_that_a_path_names(path: str, model: str | None) -> None:
    assert model_in(path) == model
