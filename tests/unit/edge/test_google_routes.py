"""Google's paths: the model and the method in them, keys in queries, streams in both forms, refusals in its words."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.line.asgi import Visit, house_of
from tests.line.world import KEY, KEY_ENTRY, Script, ScriptedProvider, World, model, snapshot, text
from torana.core.faults import IdleTimeout
from torana.dialects import gemini_batch_embed, gemini_content, gemini_count_tokens, gemini_embed_content
from torana.edge.app import application
from torana.edge.google_routes import is_google
from torana.ports.dialect import NamedDialect

HI = b'{"contents":[{"parts":[{"text":"hi"}]}]}'
A, B = 'data: {"candidates":[1]}\n\n', 'data: {"candidates":[2]}\n\n'
DIALECTS = (gemini_content, gemini_count_tokens, gemini_embed_content, gemini_batch_embed)
NAMED: dict[str, NamedDialect] = {path.rpartition(":")[2]: one for one in DIALECTS for path in one.PATHS}
NAMES = ("m", "llama3:8b", "org/m", "nearly")


def world_for(*steps: Any, models: tuple[str, ...] = ("*",)) -> World:
    script = Script(steps or (text('{"candidates":[]}'),))
    key = replace(KEY_ENTRY, models=models)
    return World(snapshot(*(model(name) for name in NAMES), key=key), providers={"p": ScriptedProvider(script)})


async def visited(
    path: str, world: World, *, query: str = "", method: str = "POST", body: bytes = HI, key: str = KEY
) -> Visit:
    headers = (("x-goog-api-key", key),) if key else ()
    visit = Visit(house_of(world, named=NAMED), path, method, [body], headers)
    scope = {**visit.scope(), "query_string": query.encode()}
    await application(visit.house)(scope, visit.receive, visit.send)
    return visit


@pytest.mark.parametrize("prefix", ["/v1beta", "/api/v1beta", "/v1", "/api/v1"])
@pytest.mark.parametrize("name", NAMES)
async def test_the_model_stands_before_the_last_colon(prefix: str, name: str) -> None:
    world = world_for()
    visit = await visited(f"{prefix}/models/{name}:generateContent", world)
    assert (visit.status, visit.text) == (200, b'{"candidates":[]}')
    (receipt,) = world.recorder.receipts
    assert (receipt.model, receipt.operation, receipt.dialect) == (name, "chat", "gemini_content")


@pytest.mark.parametrize(("method", "body", "operation"), [
    ("countTokens", HI, "count_tokens"), ("embedContent", b'{"content":{}}', "embeddings"),
    ("batchEmbedContents", b'{"requests":[{"content":{}}]}', "embeddings"),
])  # fmt: skip
async def test_each_method_is_an_operation_of_its_own(method: str, body: bytes, operation: str) -> None:
    world = world_for()
    assert (await visited(f"/v1beta/models/m:{method}", world, body=body)).status == 200
    assert world.recorder.receipts[0].operation == operation


async def test_a_stream_of_events_has_no_comment_that_an_sdk_would_take_for_json() -> None:
    visit = await visited("/v1beta/models/m:streamGenerateContent", world_for(text(A), text(B)), query="alt=sse")
    assert visit.head["content-type"].startswith("text/event-stream")
    assert visit.text == (A + B).encode()


@pytest.mark.parametrize("query", ["", "alt=json"])
async def test_without_events_a_stream_is_one_json_array(query: str) -> None:
    visit = await visited("/v1beta/models/m:streamGenerateContent", world_for(text(A), text(B)), query=query)
    assert visit.head["content-type"].startswith("application/json")
    assert visit.json() == [{"candidates": [1]}, {"candidates": [2]}]


@pytest.mark.parametrize("query", ["alt=sse", ""])
async def test_a_stream_that_breaks_ends_in_googles_error(query: str) -> None:
    visit = await visited("/v1beta/models/m:streamGenerateContent", world_for(text(A), IdleTimeout()), query=query)
    last = json.loads(visit.text)[-1] if not query else json.loads(visit.events[-1].removeprefix(b"data: "))
    assert (visit.status, last["error"]["code"], last["error"]["status"]) == (200, 504, "DEADLINE_EXCEEDED")


async def test_a_form_of_stream_nobody_serves_is_refused() -> None:
    visit = await visited("/v1beta/models/m:streamGenerateContent", world_for(), query="alt=proto")
    assert (visit.status, visit.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")


# --- keys


@pytest.mark.parametrize(
    "query", [f"key={KEY}", f"alt=sse&key={KEY}", f"key={KEY}&key={KEY}", f"key=%{ord(KEY[0]):02x}{KEY[1:]}"]
)
async def test_a_key_may_stand_in_the_query(query: str) -> None:
    assert (await visited("/v1beta/models/m:generateContent", world_for(), query=query, key="")).status == 200


@pytest.mark.parametrize(("query", "status", "word"), [
    ("", 401, "UNAUTHENTICATED"), ("key=", 401, "UNAUTHENTICATED"), ("key=wrong", 401, "UNAUTHENTICATED"),
    ("key=%FF", 401, "UNAUTHENTICATED"), (f"key={KEY}&key=other", 400, "INVALID_ARGUMENT"),
])  # fmt: skip
async def test_a_wrong_key_in_the_query_is_refused(query: str, status: int, word: str) -> None:
    visit = await visited("/v1beta/models/m:generateContent", world_for(), query=query, key="")
    assert (visit.status, visit.json()["error"]["status"]) == (status, word)


async def test_a_key_in_the_query_and_another_in_a_header_are_refused() -> None:
    visit = await visited("/v1beta/models/m:generateContent", world_for(), query="key=other")
    assert visit.status == 400


async def test_other_paths_take_no_key_from_a_query() -> None:
    body = b'{"model":"m","messages":[{"role":"user","content":"hi"}]}'
    assert (await visited("/v1/chat/completions", world_for(), query=f"key={KEY}", key="", body=body)).status == 401


async def test_a_key_in_the_query_is_in_no_receipt() -> None:
    world = world_for()
    await visited("/v1beta/models/m:generateContent", world, query=f"key={KEY}", key="")
    assert KEY not in repr(world.recorder.receipts)


# --- pages


@pytest.mark.parametrize("prefix", ["/v1beta", "/api/v1beta"])
async def test_the_list_has_the_callers_models(prefix: str) -> None:
    world = world_for(models=("m", "org/*"))
    visit = await visited(f"{prefix}/models", world, method="GET", query="pageSize=1")
    assert ([one["name"] for one in visit.json()["models"]], visit.json()["nextPageToken"]) == (["models/m"], "1")
    rest = await visited(f"{prefix}/models", world, method="GET", query="pageToken=1")
    assert [one["name"] for one in rest.json()["models"]] == ["models/org/m"]


async def test_one_model_is_found_and_one_of_somebody_else_is_not() -> None:
    world = world_for(models=("llama3:8b",))
    assert (await visited("/v1beta/models/llama3:8b", world, method="GET")).json()["name"] == "models/llama3:8b"
    visit = await visited("/v1beta/models/m", world, method="GET")
    assert (visit.status, visit.json()["error"]["status"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize(("method", "path"), [
    ("POST", "/v1beta/models/m:nothing"), ("POST", "/v1beta/models/:generateContent"), ("POST", "/v1beta/models/m"),
    ("POST", "/v1beta/models/{model}"), ("GET", "/v1beta/"), ("GET", "/v1beta/models/"), ("GET", "/v1beta/files"),
    ("DELETE", "/v1beta/models/m"), ("POST", "/v1/models/m:nothing"), ("HEAD", "/v1beta/x"),
])  # fmt: skip
async def test_what_nobody_serves_is_refused_in_googles_words(method: str, path: str) -> None:
    visit = await visited(path, world_for(), method=method)
    assert visit.status == 404
    if method != "HEAD":
        assert visit.json()["error"]["status"] == "NOT_FOUND"


@given(st.text(max_size=60), st.text(max_size=60), st.sampled_from(["GET", "POST", "PUT"]))
async def test_any_path_and_query_is_answered(path: str, query: str, method: str) -> None:
    visit = Visit(house_of(World(), named=NAMED), method=method, body=[b"{}"])
    scope = {**visit.scope(), "path": "/v1beta/" + path, "query_string": query.encode("utf-8", "replace")}
    await application(visit.house)(scope, visit.receive, visit.send)
    assert visit.ended
    assert 200 <= visit.status < 500


def test_only_what_is_posted_to_a_model_of_the_stable_version_is_googles() -> None:
    assert is_google("/v1/models/m:generateContent", "POST")
    assert not is_google("/v1/models/m:x", "GET")
    assert not is_google("/v1/models", "POST")
    assert is_google("/v1beta/anything", "DELETE")
