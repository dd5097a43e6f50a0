"""Exceptions by their names, as the walker's table wants them."""

from __future__ import annotations

import pytest

from torana.dialects.codecs.bedrock_converse_errors import fault_of, status_of


@pytest.mark.parametrize(("kind", "status"), [
    ("throttlingException", 429), ("ThrottlingException", 429), ("validationException", 400),
    ("internalServerException", 500), ("modelStreamErrorException", 502), ("serviceUnavailableException", 503),
    ("ServiceQuotaExceededException", 429), ("ModelTimeoutException", 504), ("ModelErrorException", 502),
    ("ModelNotReadyException", 503), ("ExpiredTokenException", 403), ("ResourceNotFoundException", 404),
    ("ValidationException:http://internal.amazon.com/coral/com.amazon.bedrock/", 400), ("somethingNew", 418), ("", 418),
])  # fmt: skip
def test_a_name_stands_for_a_status(kind: str, status: int) -> None:
    assert status_of(kind, b'{"message":"x"}', 418) == status


def test_the_body_names_it_when_no_header_does() -> None:
    assert status_of("", b'{"__type":"com.amazon.coral.service#ThrottlingException"}', 400) == 429
    assert status_of("", b"<html>", 500) == 500
    assert status_of("", b"\xff", 500) == 500


@pytest.mark.parametrize(("kind", "words"), [
    ("AccessDeniedException", "You don't have access to the model with the specified model ID."),
    ("AccessDeniedException", "User: arn:aws:iam::1:user/x is not authorized to perform: bedrock:InvokeModel on ..."),
    ("ValidationException", "The provided model identifier is invalid."),
    ("ValidationException", "Invocation of model ID x with on-demand throughput isn\\u2019t supported."),
])  # fmt: skip
def test_a_model_that_cannot_be_had_parks_no_credential_and_blames_no_request(kind: str, words: str) -> None:
    assert status_of(kind, b'{"message":"%s"}' % words.encode(), 403) == 404
    assert status_of(kind, b'{"Message":"%s"}' % words.encode(), 403) == 404


def test_a_refused_credential_stays_one() -> None:
    body = b'{"message":"The security token included in the request is invalid."}'
    assert status_of("UnrecognizedClientException", body, 403) == 403


def test_an_exception_inside_an_answer_is_a_fault_with_its_body() -> None:
    fault = fault_of("throttlingException", b'{"message":"slow down"}', "d")
    assert (fault.status, fault.body, fault.dialect) == (429, b'{"message":"slow down"}', "d")
    assert fault_of("unheardOf", b"", "d").status == 502
