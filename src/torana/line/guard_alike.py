"""Chunks of a streamed answer that differ from each other in one piece of one text, with nothing in it for anybody to look at.

Most chunks are such, so little is done for each. What it cannot let go that way it leaves to the guard room's streams, which
use it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from torana.core.call import Chunk
from torana.core.sse import Event, SseSplitter
from torana.line.guard_channel import Channel
from torana.line.guard_events import Form
from torana.scan.file_signs import is_without_files, text_may_bring_files

_END = b"\n\n"


Waiting = tuple[Chunk, int]
"""A chunk that is held back, and where its piece ends in the text."""


class Alike:
    """The run of such chunks that goes on now, and those of it that have not left."""

    __slots__ = ("_channel", "_form", "waiting")

    def __init__(self) -> None:
        self._form: Form | None = None
        self._channel: Channel | None = None
        self.waiting: deque[Waiting] = deque()

    def begin(self, form: Form | None, channel: Channel) -> None:
        """Chunks of this form are pieces of this text from here on. Only while none is waiting."""
        self._form = form if form is not None and is_without_files(form.head + form.tail) else None
        self._channel = channel

    @property
    def form(self) -> Form | None:
        """The form of the run."""
        return self._form

    def taken(self, chunk: Chunk) -> Channel | None:
        """Take a chunk that brings more of the text, no file, and lets nothing be found in it. None: it was not taken.

        Up to the channel's ``let`` the text may leave.
        """
        form, channel = self._form, self._channel
        if form is None or channel is None:
            return None
        wire = chunk.wire
        text = form.text_in(wire)
        if text is None:
            text = _joined(form, wire)
            if text is None:
                return None
        if text_may_bring_files(text) or not channel.swift(text):
            return None
        self.waiting.append((chunk, channel.base + len(channel.text)))
        return channel

    def events(self) -> Iterator[tuple[Chunk, list[tuple[Event, str, int]]]]:
        """What is waiting, taken apart: each chunk, the events in it, their pieces and where those begin in the text."""
        form = self._form
        while self.waiting and form is not None:
            chunk, end = self.waiting.popleft()
            read = [(event, form.text_in(event.wire) or "") for event in SseSplitter().feed(chunk.wire)]
            start = end - sum(len(text) for _, text in read)
            events: list[tuple[Event, str, int]] = []
            for event, text in read:
                events.append((event, text, start))
                start += len(text)
            yield chunk, events


def _joined(form: Form, wire: bytes) -> str | None:
    """The pieces of several events that came together; None when one of them has another form."""
    if wire.count(_END) < 2 or not wire.endswith(_END):
        return None
    texts = []
    for event in wire[: -len(_END)].split(_END):
        text = form.text_in(event + _END)
        if text is None:
            return None
        texts.append(text)
    return "".join(texts)
