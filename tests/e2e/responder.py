"""A provider that keeps responses as OpenAI's API describes them, in this process. What one key made, another does not find.

Source: https://platform.openai.com/docs/api-reference/responses.
"""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from itertools import count
from typing import Any, ClassVar

from tests.e2e.exchange import Answer, Exchange, Keeping

MISSING = 404, b'{"error":{"message":"no such response","type":"invalid_request_error","code":null,"param":null}}'


@dataclass
class Responder:
    """The state, and the server in front of it."""

    keys: tuple[str, ...]
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    inputs: dict[str, list[Any]] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    """Id → the key that made it."""
    seen: list[tuple[str, str, str]] = field(default_factory=list)
    """Method, path and key of every request."""

    def __post_init__(self) -> None:
        self._numbers = count(1)
        bound = type("Bound", (_Exchange,), {"responder": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), bound)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, key: str, said: dict[str, Any]) -> dict[str, Any]:
        """A response: it says how many turns it knows of, its own included."""
        before = said.get("previous_response_id")
        turns = [*self.inputs[before], said["input"]] if before else [said["input"]]
        name = f"resp_{next(self._numbers):03}Zq"
        content = [{"type": "output_text", "text": f"turn {len(turns)}", "annotations": []}]
        message = {
            "id": f"msg_{name}",
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": content,
        }
        made = {
            "id": name, "object": "response", "created_at": 1, "status": "completed", "model": said["model"],
            "output": [message], "parallel_tool_calls": True, "tool_choice": "auto", "tools": [], "error": None,
            "previous_response_id": before, "store": said.get("store", True),
            "usage": {
                "input_tokens": 10 * len(turns), "output_tokens": 5, "total_tokens": 10 * len(turns) + 5,
                "input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0},
            },
        }  # fmt: skip
        if made["store"]:
            self.kept[name], self.inputs[name], self.owners[name] = made, turns, key
        return made


def events(made: dict[str, Any]) -> bytes:
    """The response as a stream."""
    begun = {**made, "status": "in_progress", "output": [], "usage": None}
    (item,) = made["output"]
    text = item["content"][0]["text"]
    place = {"item_id": item["id"], "output_index": 0, "content_index": 0}
    part = {"type": "output_text", "text": "", "annotations": []}
    said: list[dict[str, Any]] = [
        {"type": "response.created", "response": begun},
        {"type": "response.output_item.added", "output_index": 0,
         "item": {**item, "status": "in_progress", "content": []}},
        {"type": "response.content_part.added", **place, "part": part},
        {"type": "response.output_text.delta", **place, "delta": text, "logprobs": []},
        {"type": "response.output_text.done", **place, "text": text, "logprobs": []},
        {"type": "response.content_part.done", **place, "part": {**part, "text": text}},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": made},
    ]  # fmt: skip
    lines = [
        f"event: {one['type']}\ndata: {json.dumps({**one, 'sequence_number': number})}\n\n"
        for number, one in enumerate(said)
    ]
    return "".join(lines).encode()


class _Exchange(Exchange):
    responder: ClassVar[Responder]

    def whose(self) -> Keeping:
        return self.responder

    def asked(self, method: str, key: str, body: bytes) -> Answer:
        responder = self.responder
        if (method, self.path) == ("POST", "/v1/responses"):
            said = json.loads(body)
            before = said.get("previous_response_id")
            if before and responder.owners.get(before) != key:
                return MISSING
            made = responder.answer(key, said)
            return (200, events(made), "text/event-stream") if said.get("stream") else (200, json.dumps(made).encode())
        found = re.fullmatch(r"/v1/responses/([^/?]+)(/input_items|/cancel)?(?:\?(.*))?", self.path)
        if found is None or responder.owners.get(found[1]) != key:
            return MISSING
        return self._about(method, found[1], found[2] or "")

    def _about(self, method: str, name: str, tail: str) -> tuple[int, bytes]:
        responder = self.responder
        if tail == "/cancel":
            return 400, b'{"error":{"message":"only a response in the background can be cancelled"}}'
        if tail == "/input_items":
            turns = enumerate(responder.inputs[name])
            rows = [
                {"id": f"msg_{number}", "type": "message", "role": "user", "status": "completed",
                 "content": [{"type": "input_text", "text": text}]}
                for number, text in turns
            ]  # fmt: skip
            ends = {"first_id": rows[0]["id"], "last_id": rows[-1]["id"], "has_more": False}
            return 200, json.dumps({"object": "list", "data": rows, **ends}).encode()
        if method == "DELETE":
            del responder.owners[name]
            return 200, json.dumps({"id": name, "object": "response", "deleted": True}).encode()
        return 200, json.dumps(responder.kept[name]).encode()
