"""Paths and queries about files and batches."""

from __future__ import annotations

from typing import Any

import pytest

from tests.line.asgi import Visit, house_of
from tests.line.world import World
from torana.core.errors import GatewayError
from torana.core.kept import BATCH, FILE, RESPONSE, Page, Wanted
from torana.edge.kept import wanted_of


def scope(method: str, path: str, query: str = "") -> dict[str, Any]:
    return {"method": method, "path": path, "query_string": query.encode()}


@pytest.mark.parametrize(
    ("method", "path", "wanted"),
    [
        ("POST", "/v1/files", Wanted(FILE, "make")),
        ("POST", "/api/v1/batches", Wanted(BATCH, "make")),
        ("GET", "/v1/files/file-1", Wanted(FILE, "read", "file-1")),
        ("GET", "/v1/files/file-1/content", Wanted(FILE, "content", "file-1")),
        ("DELETE", "/api/v1/files/file-1", Wanted(FILE, "drop", "file-1")),
        ("GET", "/v1/batches/batch_1", Wanted(BATCH, "read", "batch_1")),
        ("POST", "/v1/batches/batch_1/cancel", Wanted(BATCH, "stop", "batch_1")),
        ("GET", "/v1/files", Wanted(FILE, "list", page=Page(10_000))),
        ("GET", "/v1/responses/resp_1", Wanted(RESPONSE, "read", "resp_1")),
        ("DELETE", "/api/v1/responses/resp_1", Wanted(RESPONSE, "drop", "resp_1")),
        ("GET", "/v1/responses/resp_1/input_items", Wanted(RESPONSE, "items", "resp_1")),
        ("POST", "/v1/responses/resp_1/cancel", Wanted(RESPONSE, "stop", "resp_1")),
        ("GET", "/v1/batches", Wanted(BATCH, "list", page=Page(20))),
    ],
)
def test_each_path_means_one_thing(method: str, path: str, wanted: Wanted) -> None:
    assert wanted_of(scope(method, path)) == wanted


def test_a_page_is_read_off_the_query() -> None:
    found = wanted_of(scope("GET", "/v1/files", "limit=7&after=file-1&order=asc&purpose=batch"))
    assert found.page == Page(7, "file-1", "batch", oldest_first=True)


@pytest.mark.parametrize(
    ("method", "path", "query", "code"),
    [
        ("GET", "/v1/filesystem", "", "NOT_FOUND"),
        ("GET", "/v1/files/", "", "NOT_FOUND"),
        ("GET", "/v1/files/..", "", "NOT_FOUND"),
        ("GET", "/v1/files/a?b", "", "NOT_FOUND"),
        ("GET", "/v1/files/a/content/more", "", "NOT_FOUND"),
        ("GET", "/v1/files/" + "a" * 257, "", "NOT_FOUND"),
        ("PUT", "/v1/files", "", "METHOD_NOT_ALLOWED"),
        ("DELETE", "/v1/batches/batch_1", "", "METHOD_NOT_ALLOWED"),
        ("POST", "/v1/files/a/cancel", "", "METHOD_NOT_ALLOWED"),
        ("GET", "/v1/responses/", "", "NOT_FOUND"),
        ("POST", "/v1/responses/resp_1", "", "METHOD_NOT_ALLOWED"),
        ("GET", "/v1/responses/resp_1", "stream=true", "REQUEST_INVALID"),
        ("GET", "/v1/files", "limit=0", "REQUEST_INVALID"),
        ("GET", "/v1/batches", "limit=101", "REQUEST_INVALID"),
        ("GET", "/v1/files", "order=best", "REQUEST_INVALID"),
        ("GET", "/v1/files", "after=" + "a" * 300, "REQUEST_INVALID"),
    ],
)
def test_everything_else_is_refused(method: str, path: str, query: str, code: str) -> None:
    with pytest.raises(GatewayError) as refused:
        wanted_of(scope(method, path, query))
    assert refused.value.code == code


def test_of_the_query_about_a_response_goes_on_what_its_provider_knows() -> None:
    query = "include%5B%5D=reasoning.encrypted_content&include[]=a b&limit=5&api_key=sk-1&after=" + "a" * 300
    wanted = wanted_of(scope("GET", "/v1/responses/resp_1/input_items", query))
    assert wanted.query == "include%5B%5D=reasoning.encrypted_content&include%5B%5D=a+b&limit=5"


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_process_without_a_desk_offers_none(method: str) -> None:
    visit = await Visit(house_of(World()), "/v1/files", method).run()
    assert visit.status == 404


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/v1/files", "GET, HEAD, POST"),
        ("PUT", "/v1/files/file-1", "GET, DELETE"),
        ("POST", "/v1/responses/resp_1", "GET, DELETE"),
        ("HEAD", "/v1/files/file-1/content", "GET"),
        ("DELETE", "/v1/batches/batch_1/cancel", "POST"),
        ("POST", "/v1/files/a/cancel", ""),
    ],
)
async def test_a_refused_method_is_told_which_ones_there_are(method: str, path: str, allow: str) -> None:
    visit = await Visit(house_of(World()), path, method).run()
    assert (visit.status, visit.head["allow"]) == (405, allow)


def test_the_head_of_a_list_is_that_of_the_list() -> None:
    assert wanted_of(scope("HEAD", "/v1/files")) == wanted_of(scope("GET", "/v1/files"))
