"""Writes the items of a Responses stream, one object an item: each says what the API says of it, in its order.

It decides not what is written, but how. Called by ``openai_responses_writer``.
"""

from __future__ import annotations

import msgspec

from torana.core.events import Cited, ToolBegan
from torana.dialects import json_text

Json = dict[str, object]
_encode = msgspec.json.encode
_NONE: list[object] = []


class Output:
    """The wire of a stream, and the items that were begun."""

    __slots__ = ("_number", "_wires", "items", "name", "refused")

    def __init__(self) -> None:
        self._number = 0
        self._wires: list[bytes] = []
        self.items: list[Json] = []
        self.name = ""
        """What the ids of items end with."""
        self.refused = False
        """Whether a refusal was said."""

    def emit(self, kind: str, **members: object) -> None:
        """One event, numbered."""
        data = json_text.one_line(_encode({"type": kind, "sequence_number": self._number, **members}))
        self._number += 1
        self._wires += (b"event: ", kind.encode(), b"\ndata: ", data, b"\n\n")

    def take(self) -> bytes:
        """The wire bytes since the last time."""
        wire = b"".join(self._wires)
        self._wires.clear()
        return wire

    def add(self, prefix: str, item: Json, own_id: str = "") -> tuple[int, str]:
        """Begin an item; its output index and its id."""
        index = len(self.items)
        item["id"] = item_id = own_id or f"{prefix}_{self.name}_{index}"
        self.items.append(item)
        self.emit("response.output_item.added", output_index=index, item=item)
        return index, item_id


class Message:
    """A message: parts of text and refusal, one open at a time."""

    __slots__ = ("_index", "_item", "_length", "_logprobs", "_out", "_part", "_parts", "_place", "_said")

    def __init__(self, out: Output) -> None:
        self._out = out
        self._parts: list[Json] = []
        self._item: Json = {"id": "", "type": "message", "status": "in_progress", "role": "assistant", "content": []}
        self._index, item_id = out.add("msg", self._item)
        self._item["content"] = self._parts
        self._place: Json = {"item_id": item_id, "output_index": self._index}
        self._part: Json | None = None
        self._said: list[str] = []
        self._logprobs: list[bytes] = []
        self._length = 0

    def text(self, text: str, logprobs: bytes) -> None:
        """More text. ``logprobs``: JSON text of a list, or empty."""
        self._open("output_text")
        self._said.append(text)
        self._length += len(text)
        told: object = _NONE
        if logprobs:
            told = msgspec.Raw(logprobs)
            self._logprobs.append(logprobs)
        self._out.emit("response.output_text.delta", **self._place, delta=text, logprobs=told)

    def refusal(self, text: str) -> None:
        """More refusal."""
        self._open("refusal")
        self._said.append(text)
        self._out.refused = True
        self._out.emit("response.refusal.delta", **self._place, delta=text)

    def cite(self, cited: Cited) -> None:
        """A source of the text. Where the place is not told, it is all the text so far."""
        part = self._open("output_text")
        notes = part["annotations"]
        if not isinstance(notes, list):
            return
        end = self._length if cited.end is None else cited.end
        if cited.url:
            note: Json = {"type": "url_citation", "url": cited.url, "title": cited.title,
                          "start_index": cited.start or 0, "end_index": end}  # fmt: skip
        else:
            document = "" if cited.document is None else f"document_{cited.document}"
            note = {"type": "file_citation", "file_id": document, "filename": cited.title, "index": end}
        notes.append(note)
        self._out.emit(
            "response.output_text.annotation.added", **self._place, annotation_index=len(notes) - 1, annotation=note
        )

    def close(self, status: str) -> None:
        """The message is complete, or was cut."""
        self._close_part()
        self._item["status"] = status
        self._out.emit("response.output_item.done", output_index=self._index, item=self._item)

    def _open(self, kind: str) -> Json:
        if self._part is not None and self._part["type"] == kind:
            return self._part
        self._close_part()
        part: Json = {"type": kind, "refusal": ""}
        if kind == "output_text":
            part = {"type": kind, "text": "", "annotations": [], "logprobs": _NONE}
        self._part = part
        self._place["content_index"] = len(self._parts)
        self._parts.append(part)
        self._out.emit("response.content_part.added", **self._place, part=part)
        return part

    def _close_part(self) -> None:
        part = self._part
        if part is None:
            return
        said = "".join(self._said)
        if part["type"] == "output_text":
            part["text"] = said
            part["logprobs"] = logprobs = msgspec.Raw(_joined(self._logprobs))
            self._out.emit("response.output_text.done", **self._place, text=said, logprobs=logprobs)
        else:
            part["refusal"] = said
            self._out.emit("response.refusal.done", **self._place, refusal=said)
        self._out.emit("response.content_part.done", **self._place, part=part)
        self._part = None
        self._length = 0
        self._said.clear()
        self._logprobs.clear()


class Thought:
    """A reasoning item: one summary, and what its provider wants to see again."""

    __slots__ = ("_index", "_item", "_out", "_place", "_said", "sealed")

    def __init__(self, out: Output, own_id: str) -> None:
        self._out = out
        self._item: Json = {"id": "", "type": "reasoning", "summary": []}
        self._index, item_id = out.add("rs", self._item, own_id)
        self._place: Json = {"item_id": item_id, "output_index": self._index, "summary_index": 0}
        self._said: list[str] = []
        self.sealed = ""

    def text(self, text: str) -> None:
        """More of the summary."""
        if not self._said:
            self._out.emit("response.reasoning_summary_part.added", **self._place, part=_summary(""))
        self._said.append(text)
        self._out.emit("response.reasoning_summary_text.delta", **self._place, delta=text)

    def close(self, status: str) -> None:
        """The item is complete. ``status``: this kind of item has none."""
        if self._said:
            part = _summary("".join(self._said))
            self._out.emit("response.reasoning_summary_text.done", **self._place, text=part["text"])
            self._out.emit("response.reasoning_summary_part.done", **self._place, part=part)
            self._item["summary"] = [part]
        if self.sealed:
            self._item["encrypted_content"] = self.sealed
        self._out.emit("response.output_item.done", output_index=self._index, item=self._item)


class Call:
    """A function call."""

    __slots__ = ("_index", "_item", "_out", "_place", "_said")

    def __init__(self, out: Output, began: ToolBegan) -> None:
        self._out = out
        self._item: Json = {"id": "", "type": "function_call", "status": "in_progress", "arguments": "",
                            "call_id": began.id, "name": began.name}  # fmt: skip
        if began.signature:
            # No member of the API: clients that send the item back send it too. Named as on Gemini's OpenAI surface.
            self._item["extra_content"] = {"google": {"thought_signature": began.signature}}
        self._index, item_id = out.add("fc", self._item)
        self._place: Json = {"item_id": item_id, "output_index": self._index}
        self._said: list[str] = []

    def piece(self, text: str) -> None:
        """More of the arguments."""
        self._said.append(text)
        self._out.emit("response.function_call_arguments.delta", **self._place, delta=text)

    def close(self, status: str) -> None:
        """The call is complete, or was cut."""
        arguments = "".join(self._said)
        self._out.emit(
            "response.function_call_arguments.done", **self._place, name=self._item["name"], arguments=arguments
        )
        self._item["arguments"] = arguments
        self._item["status"] = status
        self._out.emit("response.output_item.done", output_index=self._index, item=self._item)


def _summary(text: str) -> Json:
    return {"type": "summary_text", "text": text}


def _joined(lists: list[bytes]) -> bytes:
    """JSON lists as one."""
    inner = (one.strip()[1:-1].strip() for one in lists)
    return b"[" + b",".join(filter(None, inner)) + b"]"
