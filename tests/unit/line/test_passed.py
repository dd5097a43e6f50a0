"""Passing on is denied unless key, provider and model all allow it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.line.world import KEY_ENTRY, PRICES, model, snapshot
from torana.core.call import Ask
from torana.core.errors import GatewayError
from torana.core.snapshot import ModelEntry
from torana.line.passed import PERMISSION, UNNAMED, passed_model
from torana.line.policy import may_use

SEEN = replace(snapshot(model("m"), model("n", ["q"])), passthrough=frozenset({"p"}))


def judged(name: str | None = None, *, models: tuple[str, ...] = ("*",), provider: str = "p", generates: bool = True,
           permissions: tuple[str, ...] = (PERMISSION,)) -> ModelEntry:  # fmt: skip
    key = replace(KEY_ENTRY, models=models, permissions=frozenset(permissions))
    return passed_model(SEEN, key, Ask(name, provider=provider), generates, may_use)


def refused(**facts: object) -> str:
    with pytest.raises(GatewayError) as caught:
        judged(**facts)  # type: ignore[arg-type]
    return caught.value.code


def test_a_model_of_ours_behind_the_name_gives_its_prices_and_its_breaker() -> None:
    entry = judged("up-m", models=("m",))
    assert (entry.name, entry.prices) == ("m", PRICES)
    assert entry.deployments == SEEN.models["m"].deployments
    assert entry.all_fallbacks == ()


def test_a_model_that_is_not_here_has_no_price() -> None:
    entry = judged("other")
    assert (entry.name, entry.prices, entry.deployments[0].model) == ("p/other", None, UNNAMED)


def test_a_request_that_names_no_model_is_one_of_its_own() -> None:
    assert judged().name == UNNAMED


def test_a_key_for_certain_models_may_still_look() -> None:
    assert judged(models=("m",), generates=False).name == UNNAMED


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"permissions": ()}, "PERMISSION_DENIED"),
        ({"permissions": (), "provider": "nobody"}, "PERMISSION_DENIED"),
        ({"provider": "q"}, "NOT_FOUND"),
        ({"provider": "nobody"}, "NOT_FOUND"),
        ({"models": ("m",)}, "MODEL_NOT_ALLOWED"),
        ({"models": ("m",), "name": "other"}, "MODEL_NOT_ALLOWED"),
        ({"models": ("m",), "name": "other", "generates": False}, "MODEL_NOT_ALLOWED"),
        ({"models": ("n",), "name": "up-m"}, "MODEL_NOT_ALLOWED"),
    ],
)
def test_everything_else_is_denied(facts: dict[str, object], code: str) -> None:
    assert refused(**facts) == code
