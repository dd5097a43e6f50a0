"""What policies leave of a model: places that may be used, with a reason for each that may not."""

from __future__ import annotations

from dataclasses import replace

from torana.core.policies import Choice, Terms
from torana.core.snapshot import Canary, Deployment, ModelEntry, Shadow
from torana.core.tickets import Dropped
from torana.line.narrowing import NO_FALLBACKS, barred_by, fitted, would_refuse

KINDS = {"main": "openai", "spare": "azure_openai"}
EU, US, NOWHERE = Deployment("main", "m", region="eu"), Deployment("spare", "m", region="us"), Deployment("main", "n")
MODEL = ModelEntry("m", (EU, US, NOWHERE), fallbacks=("other",), content_policy_fallbacks=("third",))


def only(*names: str) -> Choice:
    return Choice(frozenset({frozenset(names)}))


def test_a_model_that_nothing_is_left_out_of_is_the_very_same() -> None:
    assert fitted(MODEL, Terms(), KINDS) == (MODEL, ())
    model, barred = fitted(MODEL, Terms(regions=Choice(denied=frozenset({"cn"}))), KINDS)
    assert model is MODEL and barred == ()


def test_places_in_no_allowed_region_are_left_out_with_the_reason() -> None:
    model, barred = fitted(MODEL, Terms(regions=only("eu")), KINDS)
    assert model is not None and model.deployments == (EU,)
    assert barred == (
        Dropped("spare", "m", "the policy does not allow the region us"),
        Dropped("main", "n", "the policy demands a region"),
    )


def test_a_provider_is_allowed_or_denied_by_its_id_or_its_kind() -> None:
    assert barred_by(Terms(providers=only("azure_openai")), US, KINDS) == ""
    assert barred_by(Terms(providers=only("spare")), EU, KINDS) == "the policy does not allow the provider main"
    assert barred_by(Terms(providers=Choice(denied=frozenset({"openai"}))), EU, KINDS)


def test_canaries_and_shadows_go_to_no_place_that_is_not_allowed() -> None:
    model = replace(MODEL, canary=Canary(US, 0.5), shadow=Shadow(US, 0.5))
    left, _ = fitted(model, Terms(regions=only("eu")), KINDS)
    assert left is not None and (left.canary, left.shadow) == (None, None)
    kept, _ = fitted(model, Terms(regions=only("us")), KINDS)
    assert kept is not None and kept.canary == model.canary and kept.shadow == model.shadow


def test_of_a_model_without_any_allowed_place_nothing_is_left() -> None:
    model, barred = fitted(MODEL, Terms(providers=only("echo")), KINDS)
    assert model is None and len(barred) == 3


def test_a_model_that_needs_no_place_stays() -> None:
    assert fitted(ModelEntry("files", ()), Terms(providers=only("echo")), KINDS)[0] is not None


def test_without_fallbacks_no_other_model_answers() -> None:
    model, barred = fitted(MODEL, Terms(fallbacks=False), KINDS)
    assert model is not None and model.all_fallbacks == ()
    assert barred == (Dropped("", "other", NO_FALLBACKS), Dropped("", "third", NO_FALLBACKS))


def test_a_trial_says_what_it_would_refuse() -> None:
    assert would_refuse(Terms(), MODEL, "openai_chat", KINDS) == ""
    assert would_refuse(Terms(models=only("x")), MODEL, "openai_chat", KINDS) == "model"
    assert would_refuse(Terms(dialects=only("embeddings")), MODEL, "openai_chat", KINDS) == "dialect"
    assert would_refuse(Terms(regions=only("cn")), MODEL, "openai_chat", KINDS) == "place"
