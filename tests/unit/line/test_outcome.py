"""The one table, row by row: what each upstream outcome leads to, for the walker and for the caller."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core import faults
from torana.core.errors import UpstreamAnswered
from torana.core.faults import (
    AnswerMalformed,
    AnswerTooLarge,
    ConnectFailed,
    ConnectionBroken,
    ConnectTimeout,
    CredentialsParked,
    DeadlinePassed,
    FirstTokenTimeout,
    IdleTimeout,
    StatusFault,
    TotalTimeout,
    UpstreamFault,
)
from torana.line.outcome import (
    AGAINST_POLICY,
    NEXT,
    PARK,
    RETRY,
    ROTATE,
    STOP,
    TOO_LONG,
    Ruling,
    label,
    quiet_s,
    refusal,
    ruling,
    trouble,
)

STATUSES: list[tuple[int, Ruling, str, int]] = [
    # status, ruling, our code, what the client gets
    (400, STOP, "REQUEST_INVALID", 400),
    (413, STOP, "REQUEST_TOO_LARGE", 413),
    (422, STOP, "REQUEST_INVALID", 422),
    (401, PARK, "UPSTREAM_ERROR", 502),
    (402, PARK, "UPSTREAM_ERROR", 502),
    (403, PARK, "UPSTREAM_ERROR", 502),
    (404, NEXT, "UPSTREAM_ERROR", 502),
    (408, RETRY, "UPSTREAM_TIMEOUT", 504),
    (429, ROTATE, "RATE_LIMIT_EXCEEDED", 429),
    (500, RETRY, "UPSTREAM_ERROR", 502),
    (502, RETRY, "UPSTREAM_ERROR", 502),
    (503, RETRY, "UPSTREAM_UNAVAILABLE", 503),
    (504, RETRY, "UPSTREAM_TIMEOUT", 504),
    (529, RETRY, "UPSTREAM_ERROR", 502),
    (418, STOP, "UPSTREAM_ERROR", 502),
    (302, STOP, "UPSTREAM_ERROR", 502),
]

PHASES: list[tuple[UpstreamFault, Ruling, str, str, int]] = [
    (ConnectFailed(), RETRY, "connect", "UPSTREAM_UNAVAILABLE", 503),
    (ConnectTimeout(), RETRY, "connect", "UPSTREAM_UNAVAILABLE", 503),
    (CredentialsParked(60.0), NEXT, "parked", "UPSTREAM_UNAVAILABLE", 503),
    (FirstTokenTimeout(), RETRY, "first_token", "UPSTREAM_TIMEOUT", 504),
    (DeadlinePassed(), RETRY, "deadline", "UPSTREAM_TIMEOUT", 504),
    (IdleTimeout(), RETRY, "idle", "UPSTREAM_TIMEOUT", 504),
    (TotalTimeout(), STOP, "total", "UPSTREAM_TIMEOUT", 504),
    (ConnectionBroken(), RETRY, "broken", "UPSTREAM_ERROR", 502),
    (AnswerTooLarge(), NEXT, "too_large", "UPSTREAM_ERROR", 502),
    (AnswerMalformed(), RETRY, "malformed", "UPSTREAM_ERROR", 502),
]


@pytest.mark.parametrize(("status", "wanted", "code", "told"), STATUSES)
def test_a_status_leads_where_the_table_says(status: int, wanted: Ruling, code: str, told: int) -> None:
    fault = StatusFault(status, b"{}")
    assert ruling(fault) == wanted
    assert label(fault) == str(status)
    error = refusal(fault)
    assert (error.code, error.status) == (code, told)
    assert error.details == {"upstream_status": status}


@pytest.mark.parametrize(("fault", "wanted", "name", "code", "told"), PHASES, ids=lambda value: type(value).__name__)
def test_a_fault_of_each_phase_leads_where_the_table_says(
    fault: UpstreamFault, wanted: Ruling, name: str, code: str, told: int
) -> None:
    assert ruling(fault) == wanted
    assert label(fault) == name
    error = refusal(fault)
    assert (error.code, error.status) == (code, told)


def test_every_kind_of_fault_has_a_row_here() -> None:
    kinds = {kind for kind in vars(faults).values() if isinstance(kind, type) and issubclass(kind, UpstreamFault)}
    assert kinds - {UpstreamFault, StatusFault} == {type(row[0]) for row in PHASES}


@given(st.integers(100, 599))
def test_every_status_has_a_ruling_and_a_refusal_that_is_an_error(status: int) -> None:
    fault = StatusFault(status, b"")
    assert ruling(fault).fail_over or not ruling(fault).retry
    assert 400 <= refusal(fault).status <= 599
    assert refusal(fault).status not in {401, 402, 403, 404, 408}, "a caller would take it for trouble of its own"


@pytest.mark.parametrize("status", [400, 413, 422])
def test_what_is_the_requests_own_fault_is_passed_on_with_the_providers_words(status: int) -> None:
    error = refusal(StatusFault(status, b'{"error":{"message":"why"}}', dialect="openai_chat"))
    assert isinstance(error, UpstreamAnswered)
    assert (error.passed_on, error.body, error.dialect) == (True, b'{"error":{"message":"why"}}', "openai_chat")


@pytest.mark.parametrize("status", [401, 402, 403, 404, 408, 429, 500, 502, 503, 504])
def test_what_is_not_the_requests_fault_is_not_passed_on(status: int) -> None:
    error = refusal(StatusFault(status, b"the provider's own words"))
    assert isinstance(error, UpstreamAnswered)
    assert not error.passed_on
    assert "own words" not in error.message


@pytest.mark.parametrize(
    "body", [b'{"error":{"code":"context_length_exceeded"}}', b"This model's maximum context length is 8192 tokens"]
)
def test_a_prompt_that_is_too_long_has_a_code_of_its_own(body: bytes) -> None:
    assert refusal(StatusFault(400, body)).code == "CONTEXT_TOO_LONG"
    assert refusal(StatusFault(400, body)).status == 400


@pytest.mark.parametrize(("status", "hint", "told"), [
    (429, 7.0, 7.0), (429, None, 1.0), (503, 3.0, 3.0), (503, None, 1.0), (500, None, None), (500, 2.0, 2.0),
])  # fmt: skip
def test_the_providers_hint_when_to_come_back_is_handed_on(status: int, hint: float | None, told: float | None) -> None:
    assert refusal(StatusFault(status, b"", retry_after_s=hint)).retry_after_s == told


def test_who_cannot_reach_a_provider_is_told_to_come_back() -> None:
    assert refusal(ConnectFailed()).retry_after_s is not None


def test_who_meets_a_pool_that_is_parked_is_told_when_it_is_asked_again() -> None:
    assert refusal(CredentialsParked(47.5)).retry_after_s == 47.5


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        (StatusFault(429, b"", retry_after_s=7.0), 7.0),
        (StatusFault(503, b"", retry_after_s=7.0), 7.0),
        (StatusFault(429, b""), 0.0),
        (StatusFault(413, b"", retry_after_s=7.0), 0.0),
        (CredentialsParked(9.0), 9.0),
        (ConnectFailed(), 0.0),
    ],
    ids=repr,
)
def test_only_a_provider_that_is_limited_or_down_is_left_alone(fault: UpstreamFault, seconds: float) -> None:
    assert quiet_s(fault) == seconds


def test_a_deployment_with_another_free_credential_is_not_left_alone() -> None:
    fault = StatusFault(429, b"", retry_after_s=7.0)
    fault.another = True
    assert quiet_s(fault) == 0.0


TROUBLES = [
    (b'{"error":{"code":"context_length_exceeded"}}', "context_window"),
    (b"This model's maximum context length is 8192 tokens", "context_window"),
    (b"Your input exceeds the context window of this model.", "context_window"),
    (b'{"error":{"message":"prompt is too long: 209353 tokens > 199999 maximum"}}', "context_window"),
    (b"input length and `max_tokens` exceed context limit: 178959 + 64000 > 200000", "context_window"),
    (b"The input token count (314175) exceeds the maximum number of tokens allowed (131072).", "context_window"),
    (b'{"message":"Input is too long for requested model."}', "context_window"),
    (b"Too many input tokens. Max input tokens: 8192", "context_window"),
    (b"too many tokens: size limit exceeded by 4 tokens", "context_window"),
    (b"the request exceeds the available context size", "context_window"),
    (b"This model's maximum prompt length is 131072", "context_window"),
    (b'{"error":{"code":"content_policy_violation"}}', "content_policy"),
    (b'{"error":{"code":"content_filter","innererror":{}}}', "content_policy"),
    (b'{"innererror":{"code":"ResponsibleAIPolicyViolation"}}', "content_policy"),
    (b'{"error":{"code":"moderation_blocked"}}', "content_policy"),
    (b"your prompt was flagged as potentially violating our usage policy", "content_policy"),
    (b"Output blocked by content filtering policy", "content_policy"),
    (b"The content was blocked by our content filters.", "content_policy"),
    (b"PROHIBITED_CONTENT", "content_policy"),
    (b"sensitive words that violate Google's Responsible AI practices", "content_policy"),
    (b"The response was found to violate Vertex AI's usage guidelines", "content_policy"),
    (b'{"error":{"message":"temperature must be at most 2"}}', ""),
    (b"", ""),
]


@pytest.mark.parametrize(("body", "kind"), TROUBLES)
def test_a_refusal_that_another_model_may_not_share_is_known_by_the_providers_words(body: bytes, kind: str) -> None:
    fault = StatusFault(400, body)
    assert trouble(fault) == kind
    assert ruling(fault) == STOP, "without a fallback kept for it, it is the caller's to hear"
    assert refusal(fault).code == ("CONTEXT_TOO_LONG" if kind == "context_window" else "REQUEST_INVALID")


def test_every_word_of_the_table_has_a_case_here() -> None:
    bodies = [body.lower() for body, _ in TROUBLES]
    assert [words for words in (*TOO_LONG, *AGAINST_POLICY) if not any(words in body for body in bodies)] == []


@pytest.mark.parametrize("fault", [StatusFault(500, b"prompt is too long"), ConnectFailed("prompt is too long")])
def test_only_a_refusal_of_the_request_is_one_of_them(fault: UpstreamFault) -> None:
    assert trouble(fault) == ""
