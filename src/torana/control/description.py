"""The OpenAPI file: the rooms as FastAPI describes them, every refusal and example filled in, and the data plane's routes.

It serves nothing. Called by ``app``; the console's client is generated from it.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from torana.control.examples import example_of
from torana.control.permissions import PUBLIC, ROUTES, SIGNED_IN
from torana.control.scim.refusing import BEGIN as SCIM
from torana.control.scim.refusing import MEDIA
from torana.control.shapes_errors import Refusal, refusals

METHODS = ("get", "post", "put", "patch", "delete")
DATA_CODES = (
    "MODEL_NOT_ALLOWED", "MODEL_NOT_FOUND", "RATE_LIMIT_EXCEEDED", "CONCURRENCY_EXCEEDED", "BUDGET_EXCEEDED",
    "PRICE_UNKNOWN", "GUARDRAIL_BLOCKED", "CONTEXT_TOO_LONG", "CAPABILITY_MISSING", "UPSTREAM_ERROR", "UPSTREAM_TIMEOUT",
    "UPSTREAM_UNAVAILABLE", "INTERNAL",
)  # fmt: skip
WRITES: Mapping[str, tuple[str, ...]] = {
    "post": ("NOT_FOUND", "MODEL_NOT_FOUND", "CONFLICT"),
    "put": ("NOT_FOUND", "CONFLICT"),
    "patch": ("NOT_FOUND", "CONFLICT"),
    "delete": ("NOT_FOUND", "CONFLICT"),
}
"""What writes may answer besides: what they name is gone, or somebody else was quicker."""
ABOUT = (
    "The admin API, and the data plane's routes with the dialects that they speak. Errors carry the dialect's own shape and "
    "ours. Admin routes take a console session, or a key or token with the permission that each names."
)


def describe(app: FastAPI) -> None:
    """Have the application serve the whole description, made when it is asked for first."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = described(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's own way to extend it


def described(app: FastAPI) -> dict[str, Any]:
    """The whole description."""
    found: dict[str, Any] = get_openapi(title=app.title, version=app.version, description=ABOUT, routes=app.routes)
    schemas = found.setdefault("components", {}).setdefault("schemas", {})
    schemas["Refusal"] = Refusal.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    found["components"]["securitySchemes"] = {
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "a virtual key, a token, or a session's access token",
        },
        "api_key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        "session": {"type": "apiKey", "in": "cookie", "name": "torana_session"},
    }
    needed = {plain(route): rows for route, rows in ROUTES.items()}
    for path, method, operation in operations(found):
        if path.startswith(SCIM):
            complete_scim(operation, ROUTES.get(f"{method.upper()} {path}", ()))
            continue
        rows = needed.get(f"{method.upper()} {path}", ())
        complete(operation, schemas, rows, (*(("NOT_FOUND",) if "{" in path else ()), *WRITES.get(method, ())))
    for row in data_routes():
        found["paths"].setdefault(row["path"], {})[row["method"]] = data_operation(row)
    share_refusals(found)
    return found


def share_refusals(document: dict[str, Any]) -> None:
    """Write each refusal once, and name it where it is answered: most routes refuse alike."""
    shared: dict[str, dict[str, Any]] = {}
    names: dict[str, str] = {}
    for _, _, operation in operations(document):
        answers = operation["responses"]
        for status in [one for one in answers if str(one)[0] in "45"]:
            text = json.dumps(answers[status], sort_keys=True)
            name = names.setdefault(text, f"Refused{status}{'' if f'Refused{status}' not in shared else len(names)}")
            shared[name] = answers[status]
            answers[status] = {"$ref": f"#/components/responses/{name}"}
    document["components"]["responses"] = shared


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and operation of each."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def complete(
    operation: dict[str, Any], schemas: Mapping[str, Any], rows: tuple[str, ...], codes: tuple[str, ...]
) -> None:
    """Fill in what a route of the control plane needs (``rows``), how it refuses (``codes`` besides), and examples."""
    answers = operation.setdefault("responses", {})
    answers.pop("422", None)
    public = rows == (PUBLIC,)
    for status, shown in refused(*codes, public=public).items():
        answers.setdefault(status, shown)
    if any(one["name"] == "format" for one in operation.get("parameters", ())):
        table = {"schema": {"type": "string"}, "example": "day,requests,cost\r\n2026-11-21,3,0.001260\r\n"}
        answers.get("200", {}).setdefault("content", {}).setdefault("text/csv", table)
    operation["security"] = [] if public else [{"bearer": []}, {"api_key": []}, {"session": []}]
    if rows and rows not in ((PUBLIC,), (SIGNED_IN,)):
        operation["x-torana-permission"] = list(rows)
    body = operation.get("requestBody", {})
    for content in (body, *(one for status, one in answers.items() if str(status).startswith("2"))):
        for media in content.get("content", {}).values():
            if "schema" in media and "example" not in media and "examples" not in media:
                media["example"] = example_of(media["schema"], schemas)


def complete_scim(operation: dict[str, Any], rows: tuple[str, ...]) -> None:
    """The same for a route of SCIM, which has a media type and refusals of its own."""
    answers = operation["responses"]
    answers.pop("422", None)
    for holder in (operation.get("requestBody", {}), *(one for one in answers.values())):
        content = holder.get("content", {})
        if "application/json" in content:
            plain = content.pop("application/json")
            content.setdefault(MEDIA, plain)
    operation["security"] = [{"bearer": []}]
    operation["x-torana-permission"] = list(rows)


def refused(*codes: str, public: bool = False) -> dict[str, dict[str, Any]]:
    """The refusals as OpenAPI has them, by status."""
    return {str(status): shown for status, shown in refusals(*codes, public=public).items()}


def data_operation(row: Mapping[str, Any]) -> dict[str, Any]:
    """One route of the data plane."""
    answers = {"200": {"description": "the answer", "content": data_content(row)}}
    is_open = bool(row.get("open"))
    asked = row["method"] == "post" and not is_open
    codes = DATA_CODES if asked else (("NOT_FOUND",) if "{" in row["path"] else ())
    answers |= refused(*codes, public=is_open)
    found: dict[str, Any] = {
        "tags": [row["tag"]],
        "summary": row["summary"],
        "operationId": f"{row['method']}_{row['path']}".translate(str.maketrans("/{}:", "____")).strip("_"),
        "responses": answers,
        "security": [] if is_open else [{"bearer": []}, {"api_key": []}],
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in names_in(row["path"])
        ],
    }
    if row.get("form"):
        found["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": {"type": "object"}}}}
    elif "request" in row:
        media = {"schema": {"type": "object"}, "example": json.loads(row["request"])}
        found["requestBody"] = {"required": True, "content": {"application/json": media}}
    return found


def data_content(row: Mapping[str, Any]) -> dict[str, Any]:
    """What an answer holds."""
    if row.get("bytes"):
        return {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    content: dict[str, Any] = {"application/json": {"schema": {}, "example": json.loads(row["answer"])}}
    if row.get("stream"):
        content["text/event-stream"] = {"schema": {"type": "string"}, "example": "data: {…}\n\n"}
    return content


def names_in(path: str) -> list[str]:
    """The names between braces."""
    return [part.partition("}")[0] for part in path.split("{")[1:]]


def plain(route: str) -> str:
    """A route of the table as OpenAPI writes its path: without converters."""
    return route.replace(":path}", "}")


@cache
def data_routes() -> tuple[Mapping[str, Any], ...]:
    """The data plane's routes."""
    text = files("torana.control").joinpath("data_routes.toml").read_text("utf-8")
    return tuple(tomllib.loads(text)["route"])
