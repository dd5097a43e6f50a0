"""As which model a request about files and batches is granted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.line.world import model, snapshot
from torana.core.call import Ask
from torana.core.errors import GatewayError
from torana.core.kept import BATCH, FILE, Lines, Pin, Wanted
from torana.core.snapshot import Canary, Deployment, ModelEntry
from torana.line.kept_models import kept_model, where_kept

MODELS = {one.name: one for one in (model("m", ("q", "p")), model("n", ("q",)))}
SNAPSHOT = replace(snapshot(*MODELS.values()), keepers=frozenset({"p"}))
LINES = Lines("m", "/v1/chat/completions", 1, 1, 1, 0)


def granted(wanted: Wanted, name: str | None = None, pin: Pin | None = None, usable: str = "mn") -> ModelEntry:
    mine = [MODELS[one] for one in usable]
    return kept_model(SNAPSHOT, Ask(name, kept=wanted), pin or Pin(), mine, MODELS.__getitem__)


def places(entry: ModelEntry) -> list[tuple[str, str]]:
    return [(one.provider, one.model) for one in entry.deployments]


def test_a_file_of_lines_goes_where_its_model_is_and_files_are_kept() -> None:
    found = granted(Wanted(FILE, "make", lines=LINES), "m")
    assert (found.name, places(found)) == ("m", [("p", "up-m")])


def test_a_batch_goes_where_its_file_is() -> None:
    found = granted(Wanted(BATCH, "make", source="f"), "m", Pin("p", "c", "up-m"))
    assert places(found) == [("p", "up-m")]


@pytest.mark.parametrize(("name", "pin"), [("n", None), ("m", Pin("p", "c", "another")), ("m", Pin("q", "c", "up-m"))])
def test_a_model_without_such_a_place_is_refused(name: str, pin: Pin | None) -> None:
    with pytest.raises(GatewayError) as refused:
        granted(Wanted(FILE, "make", lines=LINES), name, pin)
    assert refused.value.code == "CAPABILITY_MISSING"


def test_another_file_goes_to_a_provider_of_the_callers_models_that_keeps_some() -> None:
    assert places(granted(Wanted(FILE, "make"))) == [("p", "files")]
    with pytest.raises(GatewayError) as refused:
        granted(Wanted(FILE, "make"), usable="n")
    assert refused.value.code == "CAPABILITY_MISSING"


def test_a_follow_up_goes_where_the_thing_is_whatever_models_the_caller_has() -> None:
    assert places(granted(Wanted(FILE, "read", "f"), pin=Pin("z", "c"), usable="n")) == [("z", "files")]


def test_a_list_goes_nowhere() -> None:
    assert granted(Wanted(BATCH, "list")).deployments == ()


def test_none_of_it_has_a_price_of_its_own() -> None:
    for found in (granted(Wanted(FILE, "make", lines=LINES), "m"), granted(Wanted(BATCH, "list"))):
        assert all(one.prices is not None and not one.prices.input_nano for one in found.deployments)
        assert found.prices is not None and found.prices.source == "free"


def test_what_goes_on_goes_where_it_is_kept_and_has_no_way_around() -> None:
    entry = replace(model("m", ("q", "p"), fallbacks=("n",)), context_window_fallbacks=("n",), strategy="weighted")
    found = where_kept(entry, Pin("p", "c"))
    assert places(found) == [("p", "up-m")]
    assert (found.name, found.all_fallbacks, found.canary, found.shadow) == ("m", (), None, None)


def test_a_canary_that_keeps_it_is_gone_back_to() -> None:
    trial = Deployment("r", "up-trial")
    entry = replace(model("m", ("p",)), canary=Canary(trial, 0.1))
    assert places(where_kept(entry, Pin("r", "c"))) == [("r", "up-trial")]


def test_what_goes_on_at_a_provider_without_the_model_is_refused() -> None:
    with pytest.raises(GatewayError) as refused:
        where_kept(MODELS["n"], Pin("p", "c"))
    assert (refused.value.code, refused.value.param) == ("REQUEST_INVALID", "previous_response_id")
