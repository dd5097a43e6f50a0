"""The OpenAPI file against a running gateway: whatever is sent, no route fails and none answers what it does not declare."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.control.asking import application
from tests.control.standing import Standing, configuration, key_of
from tests.e2e.process import bare_environment
from tests.postgres import Server
from torana.control.description import data_routes, described
from torana.stores.migrations.upgrade import upgrade
from torana.wiring.build import dialects, named_dialects

CHECKS = "not_a_server_error,status_code_conformance,response_schema_conformance,content_type_conformance"
NOT_WALKED = r"usage/tail|logout|config/reload"
"""Endless, or the end of the walk."""


def test_every_body_has_an_example() -> None:
    document = described(application())
    bare = [
        f"{method} {path}"
        for path, item in document["paths"].items()
        for method, one in item.items()
        for part in (
            one.get("requestBody", {}),
            *(one["responses"][status] for status in one["responses"] if status[0] == "2"),
        )
        for media, content in part.get("content", {}).items()
        if media == "application/json" and "example" not in content and "examples" not in content
    ]
    assert bare == []


def test_the_data_planes_routes_are_those_that_are_served() -> None:
    listed = {row["path"] for row in data_routes() if row["method"] == "post"}
    served = {path for path in dialects() if path.startswith(("/v1/", "/generate"))}
    named = {f"/v1beta/models/{{model}}:{method}" for method in named_dialects()}
    assert (served | named) - listed == set()


def walked(gateway: Standing, folder: Path, *options: str) -> str:
    """What schemathesis said of every route, as an operator sees them; fails when it found something."""
    words = [
        sys.executable, "-m", "schemathesis.cli", "run", f"{gateway.origin}/openapi.json", "--checks", CHECKS,
        "-H", f"Authorization: Bearer {key_of('operator')}", "--include-path-regex", "^/(api/v1/admin|admin|scim)/",
        "--exclude-path-regex", NOT_WALKED, "--no-color", "--seed", "7", *options,
    ]  # fmt: skip
    done = subprocess.run(
        words, cwd=folder, env=bare_environment(), capture_output=True, text=True, timeout=1500, check=False
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return done.stdout


def test_the_examples_of_every_route_are_answered_as_declared(tmp_path: Path) -> None:
    gateway = Standing(tmp_path, "", configuration(f"sqlite:///{tmp_path / 'torana.db'}"))
    try:
        said = walked(gateway, tmp_path, "--phases", "examples")
        tested = re.search(r"Tested: (\d+)", said)
        assert tested is not None, said
        assert int(tested[1]) >= 90
    finally:
        assert gateway.process.stop() == 0


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_whatever_is_sent_no_route_fails_on_postgresql(tmp_path: Path, postgres: Server) -> None:
    url = postgres.fresh()
    upgrade(url)
    gateway = Standing(tmp_path, url)
    try:
        walked(gateway, tmp_path, "--phases", "examples,coverage,fuzzing", "--max-examples", "20")
        assert json.loads(gateway.get("/health/ready"))
    finally:
        assert gateway.process.stop() == 0


def test_the_reference_for_people_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    gateway = Standing(tmp_path, "", configuration(f"sqlite:///{tmp_path / 'torana.db'}"))
    try:
        for path in ("/docs", "/redoc"):
            page = gateway.ask("GET", path)
            assert page.status == 200
            assert "default-src 'none'" in page.headers["content-security-policy"]
            assert re.findall(r'(?:src|href)="(?!/)', page.body) == []
        assert "openapi.json" in gateway.get("/docs/page.js")
        assert gateway.ask("GET", "/docs/page.css").headers["content-type"].startswith("text/css")
    finally:
        assert gateway.process.stop() == 0
