"""Writes the console's API client: console/src/client/openapi.json and schema.ts, from the control plane's routes.

python scripts/openapi.py [--check]    --check writes nothing and ends with 1 when they are out of date
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from torana.control.app import control_application
from torana.control.office import Office

FOLDER = Path(__file__).resolve().parents[1] / "console" / "src" / "client"
PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
ADMIN = ("/api/v1/admin/", "/admin/", "/scim/")
METHODS = ("get", "post", "put", "patch", "delete")
HEAD = "// Written by scripts/openapi.py (`make openapi`). Do not edit.\n"


def main() -> int:
    """Returns 1 when ``--check`` finds a difference."""
    if "--check" in sys.argv:
        stale = [path.name for path, text in wanted_files().items() if not path.is_file() or path.read_text() != text]
        if stale:
            print(f"out of date: {', '.join(stale)}; run `make openapi`", file=sys.stderr)
        return 1 if stale else 0
    for path, text in wanted_files().items():
        path.write_text(text)
    return 0


def wanted_files() -> dict[Path, str]:
    """Path → text, of the routes as they are."""
    # The description of the routes reads nothing of the Office: routes meet it when they are called.
    document = control_application(cast("Office", None), "0").openapi()
    # The data plane's dialects have clients of their own.
    document["paths"] = {path: item for path, item in document["paths"].items() if path.startswith(ADMIN)}
    text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    return {FOLDER / "openapi.json": text, FOLDER / "schema.ts": typescript(document)}


def typescript(document: Mapping[str, Any]) -> str:
    """One type per schema, and one entry per operation in ``Operations``."""
    lines = [HEAD]
    for name, schema in sorted(document.get("components", {}).get("schemas", {}).items()):
        lines.append(f"export type {type_name(name)} = {shape(schema)}\n")
    lines.append("export type Operations = {")
    for path, item in sorted(document["paths"].items()):
        known = [method for method in METHODS if method in item]
        lines.extend(f'  "{method.upper()} {path}": {operation(item[method])}' for method in known)
    lines.append("}\n")
    return "\n".join(lines)


def operation(found: Mapping[str, Any]) -> str:
    """``{ path, query, body, answer }`` of one operation."""
    parts = {"path": {}, "query": {}}
    for parameter in found.get("parameters", ()):
        if parameter["in"] in parts:
            sign = "" if parameter.get("required") else "?"
            parts[parameter["in"]][f"{json.dumps(parameter['name'])}{sign}"] = shape(parameter["schema"])
    said = {name: "{ " + "; ".join(f"{key}: {kind}" for key, kind in fields.items()) + " }" if fields else "undefined"
            for name, fields in parts.items()}  # fmt: skip
    body = found.get("requestBody", {}).get("content", {})
    said["body"] = content_shape(body) if body else "undefined"
    answers = [answer for status, answer in sorted(found["responses"].items()) if status.startswith("2")]
    content = answers[0].get("content", {}) if answers else {}
    said["answer"] = content_shape(content) if content else "undefined"
    return "{ " + "; ".join(f"{name}: {kind}" for name, kind in said.items()) + " }"


def content_shape(content: Mapping[str, Any]) -> str:
    """The JSON shape; a form or a file is what the browser makes of it."""
    if "application/json" in content:
        return shape(content["application/json"].get("schema", {}))
    return "FormData" if "multipart/form-data" in content else "Blob"


def shape(schema: Mapping[str, Any] | bool) -> str:
    """The TypeScript type of a JSON Schema (2020-12, as OpenAPI 3.1 has it)."""
    if isinstance(schema, bool) or not schema:
        return "unknown"
    if "$ref" in schema:
        return type_name(schema["$ref"].rsplit("/", 1)[-1])
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    for word, sign in (("anyOf", " | "), ("oneOf", " | "), ("allOf", " & ")):
        if word in schema:
            return sign.join(dict.fromkeys(bracketed(shape(one)) for one in schema[word]))
    kinds = schema.get("type")
    if isinstance(kinds, list):
        return " | ".join(shape({**schema, "type": kind}) for kind in kinds)
    if kinds == "array":
        return f"Array<{shape(schema.get('items', {}))}>"
    if kinds == "object" or "properties" in schema:
        return object_shape(schema)
    return PLAIN.get(str(kinds), "unknown")


def object_shape(schema: Mapping[str, Any]) -> str:
    """Fields, or a record where none are named."""
    fields = schema.get("properties", {})
    if not fields:
        more = schema.get("additionalProperties", True)
        return f"Record<string, {shape(more)}>"
    required = set(schema.get("required", ()))
    said = [f"{json.dumps(name)}{'' if name in required else '?'}: {shape(kind)}" for name, kind in fields.items()]
    return "{ " + "; ".join(said) + " }"


def bracketed(kind: str) -> str:
    """Safe beside another sign."""
    return f"({kind})" if re.search(r" [|&] ", kind) and not kind.startswith("{") else kind


def type_name(name: str) -> str:
    """A schema's name as an identifier."""
    return re.sub(r"\W+", "_", name)


if __name__ == "__main__":
    sys.exit(main())
