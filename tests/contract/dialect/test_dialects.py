"""What every dialect module has and does; a new module in the folder is covered unasked."""

from __future__ import annotations

import json
import pkgutil
from importlib import import_module
from inspect import signature
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

import torana.dialects
from torana.core.call import Ask
from torana.core.errors import CODES, GatewayError
from torana.core.faults import UpstreamFault
from torana.dialects import gemini_errors
from torana.ports.dialect import ClientSide, Dialect, NamedDialect, UpstreamSide

FOUND = [import_module(f"torana.dialects.{one.name}") for one in pkgutil.iter_modules(torana.dialects.__path__)]
DIALECTS = [module for module in FOUND if hasattr(module, "PATHS")]
NAMED = [module for module in DIALECTS if any("{model}" in path for path in module.PATHS)]
SIDES = (UpstreamSide, ClientSide, Dialect)
METHODS = [name for side in SIDES for name, value in vars(side).items() if not name.startswith("_") and callable(value)]


@pytest.fixture(params=DIALECTS, ids=lambda module: module.ID)
def dialect(request: pytest.FixtureRequest) -> ModuleType:
    return request.param


def test_there_are_dialects_and_methods_to_check() -> None:
    assert len(DIALECTS) >= 2
    assert set(METHODS) == {"read", "refuse", "refuse_event", "retarget", "decoder", "read_answer"}


def test_ids_are_file_names_and_paths_are_served_once() -> None:
    assert all(module.__name__ == f"torana.dialects.{module.ID}" for module in DIALECTS)
    paths = [path for module in DIALECTS for path in module.PATHS]
    assert len(set(paths)) == len(paths)
    assert all(path.startswith("/v1") or path == "/generate" for path in paths)


@pytest.mark.parametrize("method", METHODS)
def test_signatures_are_those_of_the_port(dialect: ModuleType, method: str) -> None:
    ported = list(signature(getattr(Dialect, method)).parameters)[1:]
    assert list(signature(getattr(dialect, method)).parameters) == ported


@pytest.mark.parametrize("code", CODES)
def test_every_refusal_is_one_json_object_with_our_code(dialect: ModuleType, code: str) -> None:
    error = GatewayError(code, "told\nin two lines", details={"limit": 1})
    flat = {"request_id": "req-1", "error_code": code, "message": "told\nin two lines", "details": {"limit": 1}}
    if dialect.refuse is not gemini_errors.refuse:  # Google's SDKs would take it for the word of error.status
        flat["status"] = "error"
    assert json.loads(dialect.refuse(error, "req-1")).items() >= flat.items()
    assert dialect.refuse_event(error, "req-1").endswith(b"\n\n")


def code_of(module: ModuleType, raw: bytes) -> str | None:
    """The code of the refusal; None when the body was read."""
    try:
        module.read(raw)
    except GatewayError as error:
        return error.code
    return None


bytes_ = st.binary(max_size=200) | st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=8), inner),
).map(lambda value: json.dumps(value).encode())


@pytest.mark.parametrize("module", DIALECTS, ids=lambda module: module.ID)
@given(raw=bytes_)
def test_reading_raises_what_the_port_says_and_nothing_else(module: ModuleType, raw: bytes) -> None:
    assert code_of(module, raw) in (None, "REQUEST_INVALID")
    try:
        assert module.read_answer(raw, Ask("m")).wire == raw
    except UpstreamFault:
        pass
    decoder = module.decoder(Ask("m", stream=True))
    try:
        decoder.feed(b"data: " + raw + b"\n\n")
        decoder.finish()
    except UpstreamFault:
        pass


@pytest.mark.parametrize("module", NAMED, ids=lambda module: module.ID)
def test_what_is_named_in_the_path_is_read_by_the_same_words(module: ModuleType) -> None:
    assert list(signature(module.read_named).parameters) == list(signature(NamedDialect.read_named).parameters)[1:]
    assert all(path.startswith("/v1beta/models/{model}:") for path in module.PATHS)


@pytest.mark.parametrize("module", NAMED, ids=lambda module: module.ID)
@given(raw=bytes_, model=st.text(min_size=1, max_size=5))
def test_reading_with_a_name_raises_nothing_else_and_takes_the_name(module: ModuleType, raw: bytes, model: str) -> None:
    try:
        assert module.read_named(raw, model, "streamGenerateContent").model == model
    except GatewayError as error:
        assert error.code == "REQUEST_INVALID"
