"""A caller who wants nothing left out is refused in words, and nobody else is."""

from __future__ import annotations

import pytest

from tests.contract.provider.memory import prompt_of
from torana.core.errors import GatewayError
from torana.dialects.strict import refuse_lost


def test_a_caller_who_did_not_ask_for_it_is_never_refused() -> None:
    refuse_lost(prompt_of(b"{}", "other"), ["logit_bias"])


def test_a_strict_caller_is_told_everything_that_would_be_lost_once() -> None:
    prompt = prompt_of(b"{}", "other")
    prompt.trail.strict = True
    refuse_lost(prompt, (), [])
    with pytest.raises(GatewayError, match="cannot be told logit_bias, seed, tools/0#/a") as refused:
        refuse_lost(prompt, ("logit_bias", "seed"), ["seed", "tools/0#/a"])
    assert (refused.value.code, refused.value.status, refused.value.param) == ("REQUEST_INVALID", 400, "logit_bias")
    assert refused.value.details == {"dropped": ["logit_bias", "seed", "tools/0#/a"]}


def test_names_that_a_caller_invents_do_not_make_the_refusal_long() -> None:
    prompt = prompt_of(b"{}", "other")
    prompt.trail.strict = True
    with pytest.raises(GatewayError) as refused:
        refuse_lost(prompt, [f"{'x' * 300}{number}" for number in range(100)])
    assert len(refused.value.message) < 1200
    assert len(refused.value.details["dropped"]) == 32  # type: ignore[arg-type]
