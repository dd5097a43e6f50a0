"""Faults that an operator asks for: who may, how they are written, whom they meet."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.line.world import KEY_ENTRY
from torana.core.errors import GatewayError
from torana.core.faults import Injection, StatusFault
from torana.core.snapshot import Deployment
from torana.core.tickets import Attempt, Caller
from torana.line.inject import FAULTS, PERMISSION, injected, injections
from torana.line.outcome import label, trouble

OPERATOR = Caller("acme", "key-1", replace(KEY_ENTRY, permissions=frozenset({PERMISSION})))
FIRST = Attempt(Deployment("p", "m"), 1)
SECOND = Attempt(Deployment("q", "m"), 2)


def refusal(text: str, caller: Caller = OPERATOR) -> str:
    with pytest.raises(GatewayError) as caught:
        injections(text, caller)
    return caught.value.code


def test_who_lacks_the_permission_is_refused_before_the_words_are_read() -> None:
    nobody = Caller("acme", "key-1", KEY_ENTRY)
    assert {refusal(text, nobody) for text in ("503", "nonsense")} == {"PERMISSION_DENIED"}


def test_several_faults_are_written_with_commas() -> None:
    assert injections("503, connect@openai ,429@*", OPERATOR) == (("503", ""), ("connect", "openai"), ("429", "*"))


@pytest.mark.parametrize("text", ["", "399", "600", "5 03", "٥٠٣", "nonsense", "503,,429", ",".join(["503"] * 17)])
def test_what_is_no_fault_is_refused_and_said_so(text: str) -> None:
    assert refusal(text) == "REQUEST_INVALID"


def test_sixteen_are_not_too_many() -> None:
    assert len(injections(",".join(["503"] * 16), OPERATOR)) == 16


@pytest.mark.parametrize(
    ("provider", "first", "second"), [("", True, False), ("q", False, True), ("*", True, True), ("x", False, False)]
)
def test_a_fault_meets_the_first_of_the_plan_or_whom_it_names(provider: str, first: bool, second: bool) -> None:
    asked = (Injection("503", provider),)
    assert [injected(asked, one) is not None for one in (FIRST, SECOND)] == [first, second]


@pytest.mark.parametrize("name", [*FAULTS, "401", "429", "503"])
def test_every_fault_says_that_nothing_was_sent_and_that_it_was_asked_for(name: str) -> None:
    fault = injected([Injection(name)], FIRST)
    assert fault is not None
    assert (fault.sent, fault.injected) == (False, True)
    assert label(fault).startswith("injected ")
    assert trouble(fault) == (name if isinstance(fault, StatusFault) and not name.isdigit() else "")
