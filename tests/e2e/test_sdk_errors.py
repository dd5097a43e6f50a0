"""What the Python SDK makes of refusals and failures, and how the SDK's users may carry their key."""

from __future__ import annotations

from collections.abc import Callable

import openai
import pytest

from tests.e2e.gateway import CALLER_KEY, NARROW_KEY, Gateway
from tests.e2e.mocks import UPSTREAM_KEY, Aimock, Llmock
from tests.e2e.road import straight
from tests.e2e.shapes import HELLO, assert_refusal

pytestmark = straight


def client_of(gateway: Gateway, key: str = CALLER_KEY, path: str = "/v1", retries: int = 0) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{gateway.origin}{path}", api_key=key, max_retries=retries, timeout=20)


def refused(kind: type[openai.APIStatusError], call: Callable[[], object], code: str) -> openai.APIStatusError:
    """The call raises this error of the SDK, whose body has both shapes and our code."""
    with pytest.raises(openai.APIStatusError) as caught:
        call()
    assert type(caught.value) is kind, caught.value
    assert_refusal(caught.value.response.text, code)
    assert caught.value.response.headers["x-request-id"]
    return caught.value


def chat(client: openai.OpenAI, model: str, text: str = "please say hello", **more: object) -> object:
    return client.chat.completions.create(
        model=model,
        messages=[{"role": "user", "content": text}],
        **more,  # type: ignore[call-overload]
    )


@pytest.mark.parametrize("stream", [False, True])
def test_an_unknown_key_is_an_authentication_error(gateway: Gateway, stream: bool) -> None:
    with client_of(gateway, "sk-torana-nobody") as client:
        refused(openai.AuthenticationError, lambda: chat(client, Aimock.chat_model, stream=stream), "KEY_INVALID")


def test_an_unknown_key_may_not_list_models(gateway: Gateway) -> None:
    with client_of(gateway, "sk-torana-nobody") as client:
        refused(openai.AuthenticationError, client.models.list, "KEY_INVALID")


def test_a_key_for_one_model_sees_and_gets_only_that(gateway: Gateway) -> None:
    with client_of(gateway, NARROW_KEY) as client:
        assert [entry.id for entry in client.models.list()] == [Aimock.chat_model]
        assert chat(client, Aimock.chat_model)
        error = refused(openai.PermissionDeniedError, lambda: chat(client, Llmock.chat_model), "MODEL_NOT_ALLOWED")
        assert Aimock.chat_model in error.response.text, "the refusal does not say which models are allowed"


@pytest.mark.parametrize("stream", [False, True])
def test_an_unknown_model_is_a_not_found_error(gateway: Gateway, stream: bool) -> None:
    with client_of(gateway) as client:
        error = refused(openai.NotFoundError, lambda: chat(client, "no-such-model", stream=stream), "MODEL_NOT_FOUND")
        assert isinstance(error.body, dict)
        assert error.code is not None


def test_an_unknown_model_cannot_be_looked_up(gateway: Gateway) -> None:
    with client_of(gateway) as client:
        refused(openai.NotFoundError, lambda: client.models.retrieve("no-such-model"), "MODEL_NOT_FOUND")


def test_a_request_without_messages_is_a_bad_request_that_names_the_field(gateway: Gateway) -> None:
    with client_of(gateway) as client:
        error = refused(
            openai.BadRequestError,
            lambda: client.chat.completions.create(model=Aimock.chat_model, messages=[]),
            "REQUEST_INVALID",
        )
        assert error.param == "messages"


@pytest.mark.parametrize("stream", [False, True])
def test_a_refusal_by_the_model_itself_comes_with_its_own_words(gateway: Gateway, stream: bool) -> None:
    with client_of(gateway) as client:
        error = refused(
            openai.BadRequestError,
            lambda: chat(client, Aimock.chat_model, "refuse this as invalid", stream=stream),
            "REQUEST_INVALID",
        )
    assert "Invalid value for temperature." in error.response.text
    assert (error.param, error.code) == ("temperature", "invalid_value")


@pytest.mark.parametrize("stream", [False, True])
def test_a_429_of_the_provider_passes_with_its_retry_after(gateway: Gateway, stream: bool) -> None:
    with client_of(gateway) as client:
        error = refused(
            openai.RateLimitError,
            lambda: chat(client, Aimock.chat_model, "too many requests", stream=stream),
            "RATE_LIMIT_EXCEEDED",
        )
    assert error.response.headers["retry-after"] == "7"


def test_a_500_of_the_provider_is_a_502_of_ours(gateway: Gateway) -> None:
    with client_of(gateway) as client:
        error = refused(
            openai.InternalServerError,
            lambda: chat(client, Aimock.chat_model, "fall over"),
            "UPSTREAM_ERROR",
        )
    assert error.status_code == 502


def test_a_wrong_key_at_the_provider_is_never_an_authentication_error_of_the_caller(gateway: Gateway) -> None:
    with client_of(gateway) as client, pytest.raises(openai.InternalServerError) as caught:
        chat(client, "wrong-key")
    assert caught.value.status_code in (502, 503)
    assert "sk-upstream-wrong-77aa" not in caught.value.response.text


@pytest.mark.parametrize("stream", [False, True])
def test_a_provider_that_is_too_slow_is_a_504(gateway: Gateway, llmock_server: Llmock, stream: bool) -> None:
    llmock_server.script({"type": "delay", "seconds": 3, "times": None})
    with client_of(gateway) as client:
        error = refused(openai.InternalServerError, lambda: chat(client, "hasty", stream=stream), "UPSTREAM_TIMEOUT")
    assert error.status_code == 504
    llmock_server.script()


def test_a_provider_nobody_listens_at_is_a_503_with_retry_after(gateway: Gateway) -> None:
    with client_of(gateway) as client:
        error = refused(openai.InternalServerError, lambda: chat(client, "nobody"), "UPSTREAM_UNAVAILABLE")
    assert error.status_code == 503
    assert int(error.response.headers["retry-after"]) >= 1


def test_the_sdk_retries_a_503_and_then_succeeds(gateway: Gateway, llmock_server: Llmock) -> None:
    llmock_server.script({"type": "fail", "status": 503, "retry_after": 0.1, "times": 1})
    with client_of(gateway, retries=2) as client:
        assert chat(client, Llmock.chat_model)
    assert [seen["status"] for seen in llmock_server.seen()] == [503, 200]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, openai.BadRequestError),
        (402, openai.APIStatusError),
    ],
)
def test_the_sdk_does_not_repeat_what_cannot_succeed(
    gateway: Gateway,
    llmock_server: Llmock,
    status: int,
    kind: type[openai.APIStatusError],
) -> None:
    llmock_server.script({"type": "fail", "status": status, "times": 5})
    with client_of(gateway, retries=2) as client, pytest.raises(kind):
        chat(client, "penniless" if status == 402 else Llmock.chat_model)
    assert len(llmock_server.seen()) == 1, f"a {status} of the provider was asked for again"


@pytest.mark.parametrize("fault", ["disconnect", "truncate", "malformed"])
def test_a_stream_that_breaks_in_the_middle_is_an_error_and_no_short_answer(
    gateway: Gateway,
    llmock_server: Llmock,
    fault: str,
) -> None:
    llmock_server.script({"type": "stream_fault", "kind": fault, "after_chunks": 3})
    with client_of(gateway) as client:
        stream = client.chat.completions.create(model=Llmock.chat_model, messages=HELLO, stream=True)
        seen = []
        with pytest.raises(openai.APIError) as caught:
            seen.extend(stream)
    assert seen, "nothing came before the break: the case proves nothing"
    assert isinstance(caught.value.body, dict)
    assert caught.value.message


def test_raw_answers_carry_our_headers(gateway: Gateway) -> None:
    with client_of(gateway) as client:
        answer = client.chat.completions.with_raw_response.create(
            model="renamed",
            messages=HELLO,
            extra_headers={"X-Request-Id": "my-own-id-1"},
        )
    assert answer.headers["x-request-id"] == "my-own-id-1"
    assert answer.headers["x-torana-provider"] == "aimock"
    assert answer.headers["x-torana-model"] == Aimock.chat_model
    assert answer.headers["x-torana-attempts"] == "1"
    assert answer.headers["x-torana-cache"] in {"bypass", "miss"}
    assert float(answer.headers["x-torana-overhead-ms"]) >= 0
    assert answer.headers["content-type"] == "application/json"


def test_a_request_id_is_made_when_the_caller_has_none(gateway: Gateway) -> None:
    with client_of(gateway) as client:
        ids = {
            client.chat.completions.with_raw_response.create(
                model=Aimock.chat_model,
                messages=HELLO,
            ).headers["x-request-id"]
            for _ in range(2)
        }
    assert len(ids) == 2


def test_a_streamed_answer_carries_our_headers(gateway: Gateway) -> None:
    with (
        client_of(gateway) as client,
        client.chat.completions.with_streaming_response.create(
            model=Aimock.chat_model,
            messages=HELLO,
            stream=True,
        ) as answer,
    ):
        answer.read()
    assert answer.headers["x-torana-provider"] == "aimock"
    assert answer.headers["x-request-id"]
    assert answer.headers["content-type"].startswith("text/event-stream")


@pytest.mark.parametrize("path", ["/v1", "/api/v1"])
def test_both_base_urls_serve_chat_embeddings_and_models(gateway: Gateway, path: str) -> None:
    with client_of(gateway, path=path) as client:
        assert chat(client, Aimock.chat_model)
        assert client.embeddings.create(model=Aimock.embedding_model, input="embed me").data
        assert Aimock.chat_model in {entry.id for entry in client.models.list()}
        assert client.models.retrieve(Aimock.chat_model).id == Aimock.chat_model


@pytest.mark.parametrize("header", ["Authorization", "X-API-Key", "x-goog-api-key", "api-key"])
def test_the_key_is_taken_from_each_of_four_headers(gateway: Gateway, header: str) -> None:
    value = f"Bearer {CALLER_KEY}" if header == "Authorization" else CALLER_KEY
    others = {"Authorization": openai.Omit()} if header != "Authorization" else {}
    with client_of(gateway, "unused") as client:
        assert chat(client, Aimock.chat_model, extra_headers={**others, header: value})


def test_the_azure_client_reaches_us_with_its_api_key_header(gateway: Gateway) -> None:
    with openai.OpenAI(
        base_url=f"{gateway.origin}/v1",
        api_key=CALLER_KEY,
        max_retries=0,
        timeout=20,
        default_headers={"api-key": CALLER_KEY},
    ) as client:
        assert chat(client, Aimock.chat_model), "the same key twice is no contradiction"


def test_the_provider_gets_its_own_key_and_never_the_callers(gateway: Gateway, aimock: Aimock) -> None:
    with client_of(gateway) as client:
        chat(client, Aimock.chat_model)
    headers = aimock.seen()[-1]["headers"]
    assert isinstance(headers, dict)
    assert CALLER_KEY not in str(headers)
    assert not {"x-api-key", "api-key", "x-goog-api-key"} & set(headers)


def test_no_key_of_callers_or_providers_is_in_what_the_gateway_writes(gateway: Gateway) -> None:
    with client_of(gateway) as client:
        chat(client, Aimock.chat_model)
    written = gateway.left_behind() + gateway.get("/metrics")
    for secret in (CALLER_KEY, NARROW_KEY, UPSTREAM_KEY, "sk-upstream-wrong-77aa"):
        assert secret not in written
