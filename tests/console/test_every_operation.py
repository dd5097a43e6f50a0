"""Whatever the admin API can do is called somewhere in the console, or is left to programs for a reason that stands here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from tests.e2e.process import REPO

SOURCES = REPO / "console" / "src"
API = "/api/v1/admin"
ROWS = ("models", "providers", "budgets", "limits")
"""Sections with the same routes at paths of their own: `client/objects.ts` asks for them by `at(kind)`."""
METHODS = "GET|POST|PUT|PATCH|DELETE"

LEFT: dict[str, str] = {
    "/scim/v2/": "the protocol of identity providers; the console makes their tokens",
    "GET /admin/policy": "an older name of GET policies",
    "PUT /admin/policy": "an older name of PUT policies",
    "POST /admin/policy": "an older name of PUT policies",
    f"PUT {API}/guardrails/policy": "an older name of PUT policies",
    f"GET {API}/guardrails/policy": "an older name of GET policies",
    f"GET {API}/guardrails/bfsi": "one of the packs that guardrails/policies lists",
    f"PUT {API}/policies": "all policies at once, for scripts; the editor writes one",
    f"GET {API}/policies/{{}}": "the list has the whole of each",
    f"POST {API}/files/scan": "the same as guardrails/test-file, for programs",
    f"POST {API}/api-keys/report-leak": "for scanners of code that find a key",
    f"GET {API}/auth/sso/callback": "where identity providers send browsers",
    f"GET {API}/auth/me": "signing in and renewing tell the same",
    f"GET {API}/models/{{}}/prices": "GET prices has those of every model",
    **{f"GET {API}/{kind}/{{}}": "the list has the whole of each" for kind in ROWS if kind != "models"},
    **{f"PATCH {API}/{kind}/{{}}": "for scripts; a form writes the whole row" for kind in ROWS},
}
"""Operation, or the beginning of a path → why the console does without it."""


def plain(path: str) -> str:
    """A path with every parameter as `{}`."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def operations() -> set[str]:
    """Every operation that the OpenAPI file lists."""
    paths = json.loads((SOURCES / "client" / "openapi.json").read_text(encoding="utf-8"))["paths"]
    known = METHODS.lower().split("|")
    return {f"{method.upper()} {plain(path)}" for path, item in paths.items() for method in item if method in known}


def called() -> set[str]:
    """Every operation that a source of the console names, written out."""
    files = [one for one in SOURCES.rglob("*.ts*") if one.name != "schema.ts" and ".test." not in one.name]
    return {one for file in files for one in named(file)}


def named(file: Path) -> Iterator[str]:
    """The operations of one file: whole texts, templates with the file's own constants, and ``call("GET", path)``."""
    text = file.read_text(encoding="utf-8")
    own = dict(re.findall(r'const (\w+) = "(/[^"]*)"', text)) | {"AUTH": f"{API}/auth"}
    for name, value in own.items():
        text = text.replace(f"${{{name}}}", value)
    kinds = ROWS if "at(kind)" in text else ("",)
    for kind in kinds:
        told = text.replace("${at(kind)}", f"{API}/{kind}")
        told = re.sub(r"\$\{[^}]*\}", "{}", told)
        for method, path in re.findall(rf"[\"'`]({METHODS}) (/[^\s\"'`]*)[\"'`]", told):
            yield f"{method} {plain(path)}"
        for method, path in re.findall(rf"(?:call|send)\(\"({METHODS})\", [\"'`](/[^\s\"'`]*)[\"'`]", told):
            yield f"{method} {plain(path)}"
        for path in re.findall(r"fetch\([\"'`](/[^\s\"'`]*)[\"'`], \{ method: \"POST\"", told):
            yield f"POST {plain(path)}"


def is_left(operation: str) -> bool:
    path = operation.split(" ", 1)[1]
    return operation in LEFT or any(one.startswith("/") and path.startswith(one) for one in LEFT)


def test_the_console_reaches_every_operation_that_is_not_left_to_programs() -> None:
    assert sorted(one for one in operations() - called() if not is_left(one)) == []


def test_nothing_is_left_to_programs_that_the_console_calls_or_that_is_gone() -> None:
    exact = {one for one in LEFT if not one.startswith("/")}
    assert exact & called() == set()
    assert exact - operations() == set()
