"""The one table: what an upstream outcome leads to, for the walker and for the caller.

Pure. It moves nothing by itself: the walker retries and fails over by the Ruling, the dialect shapes the
GatewayError.
"""

from __future__ import annotations

from typing import NamedTuple

from torana.core.errors import GatewayError, UpstreamAnswered
from torana.core.faults import (
    AnswerTooLarge,
    ConnectFailed,
    CredentialsParked,
    FirstTokenTimeout,
    IdleTimeout,
    StatusFault,
    TotalTimeout,
    UpstreamFault,
)


class Ruling(NamedTuple):
    """What the walker does after a failed try."""

    retry: bool
    """Try the same deployment again, within the deadline."""
    fail_over: bool
    """Go on to the next attempt of the Plan."""
    rotate: bool = False
    """First try the same deployment at once with each other credential that is free."""


RETRY = Ruling(retry=True, fail_over=True)
NEXT = Ruling(retry=False, fail_over=True)
STOP = Ruling(retry=False, fail_over=False)
PARK = Ruling(retry=False, fail_over=True, rotate=True)
ROTATE = Ruling(retry=True, fail_over=True, rotate=True)

BY_STATUS = {
    400: STOP, 413: STOP, 422: STOP,
    401: PARK, 402: PARK, 403: PARK, 404: NEXT,
    408: RETRY, 429: ROTATE, 500: RETRY, 502: RETRY, 503: RETRY, 504: RETRY,
}  # fmt: skip
PASSED_ON = frozenset({400, 413, 422})
"""Statuses that say the request itself is at fault: the caller gets the provider's own words."""

CONTEXT_WINDOW = "context_window"
CONTENT_POLICY = "content_policy"
"""Refusals of the request that another model may not share: a Plan may have tries kept for them."""

TOO_LONG = (
    b"context_length_exceeded",  # OpenAI and its kin, as a code
    b"maximum context length",  # OpenAI, Mistral, vLLM
    b"exceeds the context window",  # OpenAI responses
    b"prompt is too long",  # Anthropic, also on Bedrock and Vertex
    b"exceed context limit",  # Anthropic: input and max_tokens together
    b"exceeds the maximum number of tokens allowed",  # Gemini
    b"input is too long for requested model",  # Bedrock
    b"too many input tokens",  # Bedrock, Titan
    b"too many tokens",  # Cohere
    b"exceeds the available context size",  # llama.cpp
    b"maximum prompt length",  # xAI
)
"""What providers write when a prompt does not fit, in lower case."""
AGAINST_POLICY = (
    b"content_policy_violation",  # OpenAI
    b"content_filter",  # Azure OpenAI, as a code
    b"responsibleaipolicyviolation",  # Azure OpenAI, as an inner code
    b"moderation_blocked",  # OpenAI images
    b"violating our usage policy",  # OpenAI reasoning models
    b"blocked by content filtering policy",  # Anthropic
    b"blocked by our content filters",  # Bedrock
    b"prohibited_content",  # Gemini
    b"responsible ai practices",  # Vertex
    b"vertex ai's usage guidelines",  # Vertex
)
"""What providers write when their policy refuses a content, in lower case."""

RETRY_AFTER_UNAVAILABLE_S = 1.0


def ruling(fault: UpstreamFault) -> Ruling:
    """What a failed try leads to, before any content left the gateway."""
    if fault.once:
        return STOP
    if isinstance(fault, StatusFault):
        return BY_STATUS.get(fault.status, RETRY if fault.status >= 500 else STOP)
    if isinstance(fault, TotalTimeout):
        return STOP
    if isinstance(fault, AnswerTooLarge | CredentialsParked):
        return NEXT
    return RETRY


def quiet_s(fault: UpstreamFault) -> float:
    """For how long the provider asked to be left alone, all its credentials together; 0 when it did not."""
    if isinstance(fault, StatusFault):
        told = fault.status == 429 or fault.status >= 500
        return fault.retry_after_s or 0.0 if told and not fault.another else 0.0
    return fault.retry_after_s if isinstance(fault, CredentialsParked) else 0.0


def label(fault: UpstreamFault) -> str:
    """How the try is named in the Receipt: the phase that failed, or the provider's status."""
    name = str(fault.status) if isinstance(fault, StatusFault) else fault.phase
    return f"injected {name}" if fault.injected else name


def refusal(fault: UpstreamFault) -> GatewayError:
    """What the caller is told once no attempt is left.

    A provider's 401 or 403 is our credential's trouble, never the caller's: it becomes 502, or an SDK
    would tell its user that the key of this gateway is wrong.
    """
    if isinstance(fault, StatusFault):
        return status_refusal(fault)
    if isinstance(fault, CredentialsParked):
        message = "The provider refused its credentials; they are asked again later."
        return GatewayError("UPSTREAM_UNAVAILABLE", message, retry_after_s=fault.retry_after_s)
    if isinstance(fault, ConnectFailed):
        return GatewayError(
            "UPSTREAM_UNAVAILABLE", "The provider could not be reached.", retry_after_s=RETRY_AFTER_UNAVAILABLE_S
        )
    if isinstance(fault, FirstTokenTimeout | IdleTimeout | TotalTimeout):
        return GatewayError("UPSTREAM_TIMEOUT", f"The provider was too slow ({fault.phase} deadline).")
    return GatewayError("UPSTREAM_ERROR", f"The provider's answer could not be used ({fault.phase}).")


def status_refusal(fault: StatusFault) -> GatewayError:
    """The refusal for an error status of the provider."""
    status = fault.status
    if status in PASSED_ON:
        code, message = passed_on_code(fault), f"The provider refused the request ({status})."
    elif status == 429:
        code, message = "RATE_LIMIT_EXCEEDED", "The provider's own rate limit is used up."
    elif status == 503:
        code, message = "UPSTREAM_UNAVAILABLE", "The provider is not available (503)."
    elif status in (408, 504):
        code, message = "UPSTREAM_TIMEOUT", f"The provider was too slow ({status})."
    else:
        code, message = "UPSTREAM_ERROR", f"The provider answered with an error ({status})."
    retry_after = fault.retry_after_s
    if retry_after is None and status in (429, 503):
        retry_after = RETRY_AFTER_UNAVAILABLE_S
    refused = UpstreamAnswered(
        code,
        message,
        upstream_status=status,
        body=fault.body,
        dialect=fault.dialect,
        passed_on=status in PASSED_ON,
        retry_after_s=retry_after,
    )
    if fault.withheld:
        refused.withhold(fault.withheld)
    return refused


def passed_on_code(fault: StatusFault) -> str:
    """Our code for a request that the provider found at fault."""
    if fault.status == 413:
        return "REQUEST_TOO_LARGE"
    return "CONTEXT_TOO_LONG" if trouble(fault) == CONTEXT_WINDOW else "REQUEST_INVALID"


def trouble(fault: UpstreamFault) -> str:
    """Which refusal of the request it is, of those that another model may not share; empty for every other fault.

    By the provider's words, for their statuses and codes do not tell. A wrong guess costs a try, or spares one.
    """
    if not isinstance(fault, StatusFault) or fault.status not in PASSED_ON:
        return ""
    body = fault.body.lower()
    if any(words in body for words in TOO_LONG):
        return CONTEXT_WINDOW
    return CONTENT_POLICY if any(words in body for words in AGAINST_POLICY) else ""
