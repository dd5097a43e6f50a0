"""Requests the SDK tests send, and the shape every refusal must have."""

from __future__ import annotations

import json
from collections.abc import Mapping

HELLO = [{"role": "user", "content": "please say hello"}]
CITIES = [{"role": "user", "content": "tell me the weather in two cities"}]
WEATHER_TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
                "days": {"type": "array", "items": {"type": "integer"}},
            },
            "required": ["city", "unit"],
        },
    },
}
EVENT_QUESTION = [{"role": "user", "content": "give me an event as JSON"}]
EVENT_SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "date": {"type": "string"},
        "participants": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["name", "date", "participants"],
    "additionalProperties": False,
}
EVENT_FORMAT = {"type": "json_schema", "json_schema": {"name": "event", "strict": True, "schema": EVENT_SCHEMA}}
PIXEL = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
PICTURE_QUESTION = [
    {
        "role": "user",
        "content": [
            {"type": "text", "text": "what is in this picture"},
            {"type": "image_url", "image_url": {"url": PIXEL, "detail": "low"}},
        ],
    }
]


def assert_refusal(body: bytes | str | Mapping[str, object], code: str) -> Mapping[str, object]:
    """The body has OpenAI's error object and ours beside it, with this code; returns it."""
    found = json.loads(body) if isinstance(body, (bytes, str)) else body
    error = found["error"]
    assert set(error) >= {"message", "type", "param", "code"}, found
    assert isinstance(error["message"], str) and error["message"]
    assert isinstance(error["type"], str) and error["type"]
    assert error["param"] is None or isinstance(error["param"], str)
    assert error["code"] is None or isinstance(error["code"], str)
    assert found["error_code"] == code, found
    assert found["status"] == "error"
    assert isinstance(found["request_id"], str) and found["request_id"]
    assert isinstance(found["message"], str) and found["message"]
    assert isinstance(found.get("details", {}), dict)
    return found
