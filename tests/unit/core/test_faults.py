"""Faults know by themselves whether the provider may have seen the request."""

from __future__ import annotations

import pytest

from torana.core import faults
from torana.core.faults import CredentialsParked, StatusFault, UpstreamFault

KINDS = [
    kind for kind in vars(faults).values()
    if isinstance(kind, type) and issubclass(kind, UpstreamFault) and kind not in (StatusFault, CredentialsParked)
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_says_whether_anything_was_sent(kind: type[UpstreamFault]) -> None:
    assert kind().sent is (kind.phase != "connect")
    assert kind(sent=False).sent is False
    assert kind(sent=True).sent is True
    assert str(kind())


def test_an_error_answer_is_not_billed_and_does_not_show_its_body() -> None:
    fault = StatusFault(500, b"secret prompt", retry_after_s=2.0)
    assert not fault.sent
    assert "secret" not in str(fault)
    assert (fault.status, fault.retry_after_s) == (500, 2.0)


def test_parked_credentials_send_nothing_and_say_when_to_come_again() -> None:
    fault = CredentialsParked(30.0)
    assert (fault.sent, fault.phase, fault.retry_after_s) == (False, "parked", 30.0)
