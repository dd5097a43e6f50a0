"""A streamed answer under guard: events leave, byte for byte, once nothing in them can be part of a finding any more.

What is found is replaced in the events that hold it, or ends the stream. It knows no dialect. Made by the guard room.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Sequence

from torana.core.call import Chunk, Reply
from torana.core.errors import GatewayError
from torana.core.faults import UpstreamFault
from torana.core.json_places import Place
from torana.core.json_texts import as_read, without_form
from torana.core.sse import Event, SseSplitter
from torana.line.answer_files import AnswerFiles
from torana.line.guard_alike import Alike
from torana.line.guard_change import instead, merged
from torana.line.guard_channel import Channel, Judged, spans_first
from torana.line.guard_events import Key, Read, form_of, key_of, read_event
from torana.line.guard_held import Held, Item, Piece
from torana.line.guard_refusal import has_words, readable
from torana.line.guard_stream_team import StreamTeam
from torana.line.guard_team import REPLACING
from torana.line.guard_trial import Trial
from torana.scan.file_signs import may_bring_files
from torana.scan.gate import utf8
from torana.scan.normal import normal

KNOWN_TO_NOBODY = "passthrough"
ALIVE = Chunk(b": keep-alive\n\n", content=False)
ALIVE_EACH_S = 10.0


class GuardedStream:
    """Implements ``core.call.ChunkSource`` over a Reply that is a stream."""

    __slots__ = (
        "_alike",
        "_begun",
        "_channels",
        "_ended",
        "_fault",
        "_files",
        "_given",
        "_left_s",
        "_loose",
        "_out",
        "_pieces",
        "_queue",
        "_reply",
        "_rest",
        "_source",
        "_splitter",
        "_team",
        "_trial",
        "_unsplit",
        "_waits",
    )  # fmt: skip

    def __init__(self, reply: Reply, trial: Trial, files: AnswerFiles) -> None:
        """``files``: judges those in the answer, before anybody looks at its texts."""
        self._reply = reply
        self._files = files
        self._trial = trial
        self._team = StreamTeam(trial)
        self._waits = self._team.watch.unit != "span"
        """Whether some judge what leaves only when a sentence, or all of it, is there."""
        self._given = deque(reply.seen)
        self._source = reply.source
        self._splitter = SseSplitter()
        self._unsplit = 0
        """How many bytes there are of an event that is not whole yet."""
        self._loose = reply.dialect == KNOWN_TO_NOBODY
        self._rest: bytearray | None = None
        """All of an answer that is no stream of events: it is judged at its end."""
        self._channels: dict[Key, Channel] = {}
        self._pieces: dict[Channel, deque[Piece]] = {}
        """Those that have not left, in order."""
        self._queue: deque[Item] = deque()
        self._out: deque[Chunk] = deque()
        self._alike = Alike()
        """Chunks behind those in the queue."""
        self._begun = False
        self._fault: GatewayError | UpstreamFault | None = None
        self._ended = False
        self._left_s: float | None = None
        """Since when nothing has left, monotonic; None: not known yet."""

    def __aiter__(self) -> AsyncIterator[Chunk]:
        return self

    async def __anext__(self) -> Chunk:
        """The next chunk that may leave.

        Raises GatewayError GUARDRAIL_BLOCKED when a finding ends the stream, StopAsyncIteration, UpstreamFault.
        """
        while not self._out:
            if self._fault is not None:
                raise self._fault
            if self._ended:
                raise StopAsyncIteration
            try:
                chunk = self._given.popleft() if self._given else await self._source.__anext__()
            except StopAsyncIteration:
                self._files.close()
                await self._end(None)
            except UpstreamFault as fault:
                await self._end(fault)
            else:
                if self._waits or self._unsplit or not self._swift(chunk):
                    await self._slow(chunk)
            if self._waits and not self._out and self._is_quiet():
                return ALIVE
        self._left_s = None
        return self._out.popleft()

    async def aclose(self) -> None:
        """See ``core.call.ChunkSource``."""
        self._files.close()
        await self._source.aclose()

    def unsent(self) -> Sequence[Chunk]:
        """What came and was held back: it is billed all the same. Nothing is read from here on, and the verdicts stand."""
        self._trial.verdicts.close()
        waiting = (chunk for chunk, _ in self._alike.waiting)
        return [*self._out, *(item.chunk for item in self._queue), *waiting, *self._given]

    def _is_quiet(self) -> bool:
        """Whether nothing has left for so long that the caller should be told that the stream is alive."""
        clock = self._trial.means.clock
        if clock is None or self._reply.dialect in self._trial.means.silent or self._rest is not None:
            return False
        now = clock.monotonic()
        if self._left_s is None or not self._queue:
            self._left_s = now
        if now - self._left_s < ALIVE_EACH_S:
            return False
        self._left_s = now
        return True

    async def _end(self, fault: UpstreamFault | None) -> None:
        try:
            await self._finish(fault)  # what came before a fault is good, as far as guardrails let it be
            self._fault = fault
        except GatewayError as error:
            self._fault = error

    async def _slow(self, chunk: Chunk) -> None:
        if may_bring_files(chunk.wire):
            chunk = chunk.bearing(await self._files.events(chunk.wire))
        self._unfold()
        try:
            await self._take(chunk)
        except GatewayError as error:
            self._fault = error

    def _swift(self, chunk: Chunk) -> bool:
        """Take a chunk that is like the one before and in which nothing is found; whether it is such a one."""
        alike = self._alike
        channel = alike.taken(chunk)
        if channel is None:
            return False
        if self._queue:
            self._let(channel, channel.let)
            self._release()
            if self._queue:
                return True
        waiting, let, out = alike.waiting, channel.let, self._out
        while waiting and waiting[0][1] <= let:
            out.append(waiting.popleft()[0])
        return True

    def _unfold(self) -> None:
        """Put what waits behind the queue into it."""
        form = self._alike.form
        if form is None or not self._alike.waiting:
            return
        channel = self._channels[form.key]
        for chunk, events in self._alike.events():
            item = Item(chunk)
            self._queue.append(item)
            for event, text, start in events:
                held = Held(event)
                item.events.append(held)
                self._hold(channel, Piece(text, start, form.place.number, item), held)
        self._let(channel, channel.let)

    async def _take(self, chunk: Chunk) -> None:
        item = Item(chunk)
        self._queue.append(item)
        wire = chunk.wire
        if not self._begun and wire.strip():
            self._begun = True
            if wire.lstrip()[:1] in (b"{", b"["):
                self._rest = bytearray()
        if self._rest is not None:
            self._rest += wire
        else:
            touched: dict[Channel, bool] = {}
            self._unsplit += len(wire)
            for event in self._splitter.feed(wire):
                self._unsplit -= len(event.wire)
                channel = self._likewise(event, item)
                if channel is not None:
                    touched.setdefault(channel, False)
                else:
                    await self._event(event, item, touched)
            for channel, final in touched.items():
                judged = channel.judge(final)
                if judged.hits or judged.failed or judged.restored or self._waits:
                    await self._judge(channel, judged)
                else:
                    self._let(channel, judged.until)
        self._release()

    def _likewise(self, event: Event, item: Item) -> Channel | None:
        """The text that an event brings a piece of which differs from the one before in that piece only; else None."""
        form = self._alike.form
        text = None if form is None else form.text_in(event.wire)
        if form is None or text is None:
            return None
        held = Held(event)
        item.events.append(held)
        return self._add_to(self._channels[form.key], form.place, text, held, item)

    async def _event(self, event: Event, item: Item, touched: dict[Channel, bool]) -> None:
        held = Held(event)
        item.events.append(held)
        data = event.data
        if data is None:
            await self._aside(held)
            return
        if data == b"[DONE]":
            for channel in self._channels.values():
                touched[channel] = True
            return
        try:
            read = read_event(data, self._loose)
        except (ValueError, RecursionError):
            held.data = await self._team.text(data)
            return
        await self._whole(held, read)
        for place in read.pieces:
            touched.setdefault(self._add(place, held, item), False)
        if len(read.pieces) == 1 and held.data == data and not read.ends:
            self._alike.begin(form_of(event, read.pieces[0]), self._channels[key_of(read.pieces[0])])
        for marks in read.ends:
            for channel, marked in self._marked():
                if marks <= marked:
                    touched[channel] = True

    def _marked(self) -> list[tuple[Channel, frozenset[tuple[str, str]]]]:
        return [(channel, frozenset(key[1])) for key, channel in self._channels.items()]

    async def _aside(self, held: Held) -> None:
        """An event without data: a comment, or JSON that stands by itself."""
        wire = held.event.wire
        if wire.lstrip()[:1] in (b"{", b"["):
            held.wire = await self._team.text(wire)
        elif wire.strip() and self._team.suspects(wire):
            held.wire = b""

    async def _whole(self, held: Held, read: Read) -> None:
        """The texts of an event that are whole."""
        data = held.event.data or b""
        without = frozenset(place.number for place in read.pieces)
        if read.wholes:
            plain = as_read(without_form(data))
            text = None if plain is None else plain if plain.isascii() else utf8(normal(str(plain, "utf-8")).text)
            if text is None or self._team.suspects(text) or (self._waits and any(map(self._team.is_new, read.wholes))):
                held.data = await self._team.event(data, read.wholes, without)
                return
        held.data = self._trial.restored(data, without)

    def _add(self, place: Place, held: Held, item: Item) -> Channel:
        key = key_of(place)
        channel = self._channels.get(key)
        if channel is None:
            channel = self._channels[key] = Channel(self._team.watch, key[0], place.role)
            self._pieces[channel] = deque()
        return self._add_to(channel, place, place.text, held, item)

    def _add_to(self, channel: Channel, place: Place, text: str, held: Held, item: Item) -> Channel:
        self._hold(channel, Piece(text, channel.add(text), place.number, item), held)
        if self._waits:
            self._team.heard(channel, text)
        return channel

    def _hold(self, channel: Channel, piece: Piece, held: Held) -> None:
        held.pieces.append(piece)
        piece.item.waiting += 1
        self._pieces[channel].append(piece)

    async def _judge(self, channel: Channel, judged: Judged) -> None:
        before = channel.let
        verdicts = self._trial.verdicts
        verdicts.failed(judged.failed)
        hits = judged.hits
        if judged.until > before and self._waits:
            hits = hits + await self._team.unit(channel, before, judged.until)
        for hit in hits:
            verdicts.found(hit, channel.path, channel.value(hit.start, hit.end))
        try:
            verdicts.judge()
        except GatewayError:
            self._cut(channel, [hit.start for hit in hits if hit.member.does == "block"], before)
            raise
        if hits or judged.restored:
            self._change(channel, judged._replace(hits=hits))
        self._let(channel, judged.until)

    def _cut(self, channel: Channel, starts: list[int], before: int) -> None:
        """What stands before the finding may still leave."""
        if starts:
            self._let(channel, max(before, min(starts)))
            self._release()

    def _let(self, channel: Channel, until: int) -> None:
        pieces = self._pieces[channel]
        while pieces and pieces[0].end <= until:
            pieces.popleft().item.waiting -= 1
        channel.leave(until)

    def _change(self, channel: Channel, judged: Judged) -> None:
        trial = self._trial
        changes = merged(trial.change(hit) for hit in judged.hits if hit.member.does in REPLACING)
        new = [(one.start, one.end, instead(channel.value(one.start, one.end), one, trial.token)) for one in changes]
        for start, end, value in judged.restored:
            if not any(one.start < end and start < one.end for one in changes):
                new.append((start, end, value))
        new.sort()
        said = [(start, end, channel.written(text, start)) for start, end, text in new]
        pieces = self._pieces[channel]
        for piece, edits in zip(pieces, spans_first(said, [(one.start, one.end) for one in pieces]), strict=True):
            piece.edits += edits

    def _release(self) -> None:
        queue = self._queue
        while queue and not queue[0].waiting and self._rest is None:
            item = queue.popleft()
            self._out.append(item.released())

    async def _finish(self, fault: UpstreamFault | None) -> None:
        """The end of the answer: nothing more can come. Of a fault the words are judged that its caller would read."""
        self._ended = True
        self._unfold()
        rest = bytes(self._rest) if self._rest is not None else self._splitter.finish()
        self._rest = None
        for channel in self._channels.values():
            await self._judge(channel, channel.judge(final=True))
        self._release()
        if rest:
            self._out.append(Chunk(await self._team.answer(rest), False))
        if has_words(fault):
            fault.body, fault.withheld = await readable(self._team.answer(fault.body))
        self._trial.verdicts.close()
