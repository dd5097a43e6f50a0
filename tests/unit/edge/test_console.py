"""How the console's files are served: guarded, packed, kept for ever or asked for again."""

from __future__ import annotations

import pytest

from tests.line.asgi import Visit, house_of
from tests.line.world import World
from torana.edge.console import chosen_coding, is_known
from torana.edge.house import House
from torana.edge.static_file import StaticFile

PAGE = StaticFile(b"text/html; charset=utf-8", b"<!doctype html>", b"e1", {b"br": b"BR", b"gzip": b"GZ"})
SCRIPT = StaticFile(b"text/javascript; charset=utf-8", b"code", b"e2")
FILES = {"/": PAGE, "/index.html": PAGE, "/assets/index-1a2b.js": SCRIPT}
BROWSER = (("accept", "text/html,application/xhtml+xml,*/*;q=0.8"),)


async def got(path: str, *headers: tuple[str, str], method: str = "GET", files: object = FILES) -> Visit:
    return await Visit(house(files), path, method, headers=headers).run()


def house(files: object) -> House:
    return house_of(World(), static=files)


async def test_a_page_of_the_console_runs_no_foreign_script_and_sits_in_no_frame() -> None:
    visit = await got("/")
    assert (visit.status, visit.text) == (200, b"<!doctype html>")
    policy = visit.head["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert visit.head["x-content-type-options"] == "nosniff"
    assert visit.head["referrer-policy"] == "no-referrer"


async def test_a_name_with_a_digest_is_kept_for_ever_and_the_shell_is_asked_for_again() -> None:
    assert "immutable" in (await got("/assets/index-1a2b.js")).head["cache-control"]
    assert (await got("/")).head["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("accepted", "coding", "body"),
    [
        ("gzip, deflate, br", "br", b"BR"),
        ("gzip", "gzip", b"GZ"),
        ("br;q=0, gzip;q=0.5", "gzip", b"GZ"),
        ("identity", None, b"<!doctype html>"),
    ],
)
async def test_the_best_coding_that_the_browser_takes_is_sent(accepted: str, coding: str | None, body: bytes) -> None:
    visit = await got("/", ("accept-encoding", accepted))
    assert (visit.head.get("content-encoding"), visit.text) == (coding, body)
    assert visit.head["vary"] == "accept-encoding"


async def test_what_the_browser_has_is_not_sent_again() -> None:
    first = await got("/", ("accept-encoding", "br"))
    again = await got("/", ("accept-encoding", "br"), ("if-none-match", first.head["etag"]))
    assert (again.status, again.text) == (304, b"")
    other = await got("/", ("if-none-match", first.head["etag"]))
    assert other.status == 200, "the packed and the plain form are two entities"


@pytest.mark.parametrize("path", ["/keys", "/playground", "/keys/key_1"])
async def test_a_page_survives_a_reload(path: str) -> None:
    visit = await got(path, *BROWSER)
    assert (visit.status, visit.text) == (200, b"<!doctype html>")


@pytest.mark.parametrize(
    "path", ["/v1/nothing", "/v1beta/x", "/assets/gone-1.js", "/health/x", "/keys.js", "/passthrough"]
)
async def test_a_path_of_programs_is_refused_in_json_whoever_asks(path: str) -> None:
    visit = await got(path, *BROWSER)
    assert visit.status == 404
    assert visit.json()["error_code"] == "NOT_FOUND"


async def test_a_program_that_mistypes_a_path_gets_json() -> None:
    assert (await got("/keys", ("accept", "application/json"))).status == 404
    assert (await got("/keys", *BROWSER, files={})).status == 404


async def test_a_page_is_no_answer_to_a_post() -> None:
    assert (await got("/keys", *BROWSER, method="POST")).status == 404


async def test_head_tells_the_length_and_sends_nothing() -> None:
    visit = await got("/", method="HEAD")
    assert (visit.status, visit.text, visit.head["content-length"]) == (200, b"", "15")


def test_codings_and_entity_tags_are_read_as_the_standard_says() -> None:
    packed = {b"br": b"", b"gzip": b""}
    assert chosen_coding(b"GZIP , br;q=0.0", packed) == b"gzip"
    assert chosen_coding(b"", packed) == b""
    assert is_known(b'"a", W/"b"', b'"b"')
    assert is_known(b"*", b'"b"')
    assert not is_known(b"", b'"b"')
