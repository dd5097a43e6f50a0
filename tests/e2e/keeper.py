"""A provider that keeps files and runs batches as OpenAI's API describes them, in this process.

What one key made, another key does not find. Batches end when a test says so. Source:
https://platform.openai.com/docs/api-reference/files, …/batch.
"""

from __future__ import annotations

import json
import re
import threading
import time
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.server import ThreadingHTTPServer
from itertools import count
from typing import Any, ClassVar

from tests.e2e.exchange import Answer, Exchange, Keeping

USED = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
"""What each line of a batch uses."""


@dataclass
class Keeper:
    """The state, and the server in front of it."""

    keys: tuple[str, ...]
    tells_usage: bool = True
    """Whether its batches say what they used; if not, only their output files do."""
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    """Id → the key that made it."""
    seen: list[tuple[str, str, str]] = field(default_factory=list)
    """Method, path and key of every request."""
    fail_next: int = 0
    """The status that the next batch to be made is answered with, after it was made."""

    def __post_init__(self) -> None:
        self._numbers = count(1)
        handler = type("Bound", (_Exchange,), {"keeper": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def keep(self, key: str, name: str, purpose: str, content: bytes) -> dict[str, Any]:
        """A new file."""
        made = {
            "id": f"file-{next(self._numbers)}Kx",
            "object": "file",
            "bytes": len(content),
            "created_at": int(time.time()),
            "filename": name,
            "purpose": purpose,
            "status": "processed",
        }
        self.files[made["id"]] = made
        self.contents[made["id"]] = content
        self.owners[made["id"]] = key
        return made

    def begin(self, key: str, said: dict[str, Any]) -> dict[str, Any]:
        """A new batch."""
        made = {
            "id": f"batch_{next(self._numbers)}Qz",
            "object": "batch",
            "endpoint": said["endpoint"],
            "input_file_id": said["input_file_id"],
            "completion_window": said["completion_window"],
            "status": "validating",
            "output_file_id": None,
            "error_file_id": None,
            "created_at": int(time.time()),
            "metadata": said.get("metadata"),
            "request_counts": {"total": 0, "completed": 0, "failed": 0},
        }
        self.batches[made["id"]] = made
        self.owners[made["id"]] = key
        return made

    def finish(self, batch_id: str) -> None:
        """The batch has come to its end: every line is answered."""
        batch = self.batches[batch_id]
        lines = [json.loads(line) for line in self.contents[batch["input_file_id"]].splitlines()]
        answers = [
            {
                "id": f"r{number}",
                "custom_id": line["custom_id"],
                "response": {"status_code": 200, "body": {"model": line["body"]["model"], "usage": USED}},
                "error": None,
            }
            for number, line in enumerate(lines)
        ]
        content = "\n".join(map(json.dumps, answers)).encode()
        output = self.keep(self.owners[batch_id], "out.jsonl", "batch_output", content)
        batch["output_file_id"] = output["id"]
        batch["request_counts"] = {"total": len(lines), "completed": len(lines), "failed": 0}
        if self.tells_usage:
            used = {"input_tokens": 10 * len(lines), "output_tokens": 5 * len(lines), "total_tokens": 15 * len(lines)}
            batch["usage"] = used
        batch["status"] = "completed"


class _Exchange(Exchange):
    keeper: ClassVar[Keeper]

    def whose(self) -> Keeping:
        return self.keeper

    def asked(self, method: str, key: str, body: bytes) -> Answer:
        keeper = self.keeper
        if (method, self.path) == ("POST", "/v1/files"):
            return 200, json.dumps(keeper.keep(key, *self._form(body))).encode()
        if (method, self.path) == ("POST", "/v1/batches"):
            said = json.loads(body)
            if keeper.owners.get(said["input_file_id"]) != key:
                return 400, b'{"error":{"message":"no such input file","type":"invalid_request_error"}}'
            made = json.dumps(keeper.begin(key, said)).encode()
            status, keeper.fail_next = keeper.fail_next or 200, 0
            return status, made
        found = re.fullmatch(r"/v1/(files|batches)/([^/]+)(/content|/cancel)?", self.path)
        if found is None or keeper.owners.get(found[2]) != key:
            return 404, b'{"error":{"message":"no such thing"}}'
        return self._about(method, found[1], found[2], found[3] or "")

    def _about(self, method: str, kind: str, name: str, tail: str) -> tuple[int, bytes] | tuple[int, bytes, str]:
        keeper = self.keeper
        if tail == "/content":
            return 200, keeper.contents[name], "application/octet-stream"
        if method == "DELETE":
            del keeper.owners[name]
            return 200, json.dumps({"id": name, "object": "file", "deleted": True}).encode()
        if tail == "/cancel":
            keeper.batches[name]["status"] = "cancelled"
        return 200, json.dumps((keeper.files if kind == "files" else keeper.batches)[name]).encode()

    def _form(self, body: bytes) -> tuple[str, str, bytes]:
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        parts = {
            str(part.get_param("name", header="content-disposition")): part
            for part in BytesParser(policy=HTTP).parsebytes(head + body).iter_parts()
        }
        file = parts["file"]
        purpose = parts["purpose"].get_payload(decode=True)
        content = file.get_payload(decode=True)
        assert isinstance(purpose, bytes) and isinstance(content, bytes)
        return str(file.get_filename()), purpose.decode().strip(), content
