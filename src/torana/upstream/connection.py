"""One HTTP/1.1 connection: writes a request, parses its answer strictly, tells dead from alive.

Framing it cannot trust (RFC 9112, section 6.3) ends the connection; it never guesses, repeats or
pipelines. ``pool`` owns it between requests.
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable
from typing import cast

import httptools

from torana.core.faults import (
    AnswerMalformed,
    AnswerTooLarge,
    ConnectionBroken,
    FirstTokenTimeout,
    IdleTimeout,
    TotalTimeout,
    UpstreamFault,
)
from torana.upstream.incoming import HIGH_WATER_BYTES, Answer

MAX_HEAD_BYTES = 64 * 1024
"""Most bytes of a head, of interim answers, or of chunk framing and trailers without any body in between."""
_NO_BODY = frozenset((204, 304))
_FRESH_S = 0.25
"""How long a connection at rest is trusted without asking the kernel."""
_SLACK_S = 0.002
"""Event loops keep time in milliseconds and may call a timer one early."""


class Connection(asyncio.Protocol):
    """The protocol of one socket. ``released(connection, alive)`` is called when its answer is over."""

    __slots__ = (
        "_answer",
        "_armed_at",
        "_bodiless",
        "_chunked",
        "_dry",
        "_due",
        "_fault",
        "_fed",
        "_finished",
        "_fresh_until",
        "_heads",
        "_keep",
        "_loop",
        "_parser",
        "_paused",
        "_poll",
        "_proven",
        "_released",
        "_surplus",
        "_timer",
        "_transport",
        "_until_close",
    )  # fmt: skip

    def __init__(self, loop: asyncio.AbstractEventLoop, released: Callable[[Connection, bool], None]) -> None:
        self._loop = loop
        self._released = released
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._answer: Answer | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._armed_at = 0.0
        self._due = 0.0
        self._paused = False
        self._poll: select.poll | None = None
        self._proven = False
        self._fresh_until = 0.0
        self._reset()

    def _reset(self) -> None:
        self._fault: UpstreamFault | None = None
        self._finished = self._keep = self._surplus = False
        self._bodiless = self._chunked = self._until_close = False
        self._dry = 0
        self._fed = False
        self._heads: list[tuple[bytes, bytes]] = []

    # the pool's side

    @property
    def alive(self) -> bool:
        """Whether a request may be written: open, and nothing to read from the other side.

        The second asks the kernel, as the loop may not have come round to an end of stream yet. Not of a connection
        that has been lent again before and rested for a moment only: a server that hangs up after each answer was
        found out the first time, one that tires of an idle connection takes seconds, and asking costs 2 % of a request.
        """
        transport = self._transport
        if transport is None or transport.is_closing():
            return False
        if self._proven and self._loop.time() < self._fresh_until:
            return True
        self._proven = self._poll is None or not self._poll.poll(0)
        return self._proven

    @property
    def open(self) -> bool:
        """Whether the socket is open as far as the loop knows."""
        return self._transport is not None and not self._transport.is_closing()

    def start(self, answer: Answer, wire: bytes, body: bytes) -> None:
        """Write a request and fill ``answer`` from now on. Only on a connection that is alive and idle."""
        transport = self._transport
        if transport is None or self._answer is not None:
            raise RuntimeError("a request on a connection that is closed or busy")
        self._reset()
        self._answer = answer
        answer.begin(self)
        due = self._loop.time() + answer.deadlines.first_token_s
        self._watch(min(due, answer.total_at))
        if len(body) < MAX_HEAD_BYTES:
            transport.write(wire + body)
        else:
            transport.writelines((wire, body))

    def fail_closed(self) -> None:
        """Close at once because the client closes; a running answer learns of it."""
        self._fail(ConnectionBroken("the client was closed"))

    def rest(self, until: float) -> None:
        """Idle now; close at ``until`` (the loop's time) unless used again."""
        self._fresh_until = self._loop.time() + _FRESH_S
        self._watch(until)

    def abort(self) -> None:
        """Close at once, in whatever state."""
        self._answer = None
        if self._transport is not None:
            self._transport.abort()

    def resume(self) -> None:
        """The caller took what was held: read on, the idle clock starts anew."""
        answer = self._answer
        if self._paused and self._transport is not None and answer is not None:
            self._paused = False
            self._watch(min(self._loop.time() + answer.deadlines.idle_s, answer.total_at))
            self._transport.resume_reading()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports have the methods, not the base class.
        self._transport = cast("asyncio.Transport", transport)
        number = transport.get_extra_info("socket").fileno()
        if hasattr(select, "poll") and number >= 0:
            self._poll = select.poll()
            self._poll.register(number, select.POLLIN)

    def data_received(self, data: bytes) -> None:
        answer = self._answer
        if answer is None:
            # Nobody asked: an idle connection that speaks is about to close, or confused.
            self.abort()
            return
        self._fed = False
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if self._finished:
                self._surplus = True
            else:
                self._fail(self._fault or AnswerMalformed(f"the answer is not HTTP: {str(error)[:80]}"))
                return
        if self._finished:
            self._finish(answer)
        elif self._fault is not None:
            self._fail(self._fault)
        else:
            self._progress(answer, len(data))

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        # The parser holds our bound methods: without this the pair waits for the cycle collector.
        del self._parser
        self._transport = self._poll = None
        answer, self._answer = self._answer, None
        if answer is not None:
            if exc is None and self._until_close:
                answer.finish()
            else:
                answer.fail(ConnectionBroken("the connection closed before the answer was whole"))
        self._released(self, False)

    # httptools

    def on_message_begin(self) -> None:
        if self._finished:
            self._surplus = True

    def on_header(self, name: bytes, value: bytes) -> None:
        self._heads.append((name, value))  # trailers too, which nobody reads

    def on_headers_complete(self) -> None:
        answer = self._answer
        if answer is None or self._finished or self._fault is not None:
            return
        heads, self._heads = self._heads, []
        if not answer.gather(heads):
            self._fault = AnswerMalformed("the answer's framing is given twice")
            return
        status = self._parser.get_status_code()
        headers = answer.headers
        coding = headers.get(b"transfer-encoding")
        length = headers.get(b"content-length")
        if status < 200:
            if status == 101 or coding is not None or length not in (None, b"0"):
                self._fault = AnswerMalformed(f"an interim answer that cannot be: {status}")
            return
        self._bodiless = status in _NO_BODY or answer.method == "HEAD"
        self._chunked = coding is not None
        self._until_close = coding is None and length is None and not self._bodiless
        self._fault = self._judge(answer, coding, length)
        if self._fault is None:
            try:
                answer.accept(status)
            except UpstreamFault as fault:
                self._fault = fault
                return
            if self._bodiless:
                self._keep = self._parser.should_keep_alive()
                self._finished = True

    def _judge(self, answer: Answer, coding: bytes | None, length: bytes | None) -> UpstreamFault | None:
        """What is wrong with the framing, if anything."""
        if coding is not None:
            if length is not None or coding.lower() != b"chunked":
                return AnswerMalformed("the answer's framing is ambiguous")
            if self._parser.get_http_version() != "1.1":
                return AnswerMalformed("a chunked answer in HTTP/1.0")
        elif length is not None and not self._bodiless:
            if not length.isdigit():
                return AnswerMalformed("the answer's length is no number")
            if int(length) > answer.max_bytes:
                return AnswerTooLarge()
        return None

    def on_body(self, data: bytes) -> None:
        answer = self._answer
        if answer is None or self._finished:
            self._surplus = True
            return
        if self._fault is not None:
            return
        self._fed = True
        answer.received += len(data)
        if answer.received > answer.max_bytes:
            self._fault = AnswerTooLarge()
        else:
            answer.add(data)

    def on_message_complete(self) -> None:
        answer = self._answer
        if answer is None or self._finished or self._fault is not None:
            return
        if answer.status:
            self._keep = self._parser.should_keep_alive()
            self._finished = True
        else:
            answer.headers.clear()  # an interim answer (1xx): the real one follows

    # inside

    def _progress(self, answer: Answer, count: int) -> None:
        """Bytes came and the answer goes on."""
        if not self._fed:
            self._dry += count
            if self._dry > MAX_HEAD_BYTES:
                self._fail(AnswerMalformed("the answer's head or framing is endless"))
                return
            if not answer.status:
                return
        else:
            self._dry = 0
        self._watch(min(self._loop.time() + answer.deadlines.idle_s, answer.total_at))
        if answer.held > HIGH_WATER_BYTES and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()
        answer.wake()

    def _finish(self, answer: Answer) -> None:
        self._answer = None
        answer.finish()
        transport = self._transport
        if self._surplus or not self._keep or transport is None or transport.is_closing():
            if transport is not None:
                transport.close()
            return
        if self._bodiless:
            # The parser may wait for a body that HEAD and 304 only announce.
            self._parser = httptools.HttpResponseParser(self)
        if self._paused:
            self._paused = False
            transport.resume_reading()
        self._released(self, True)

    def _fail(self, fault: UpstreamFault) -> None:
        answer = self._answer
        self.abort()
        if answer is not None:
            answer.fail(fault)

    def _watch(self, due: float) -> None:
        """Look at the clocks at ``due``. A timer already set for earlier stays: most requests set none."""
        self._due = due
        if self._timer is None or due < self._armed_at:
            if self._timer is not None:
                self._timer.cancel()
            self._armed_at = due
            self._timer = self._loop.call_at(due, self._tick)

    def _tick(self) -> None:
        self._timer = None
        now = self._loop.time() + _SLACK_S
        answer = self._answer
        if now < self._due:
            self._watch(self._due)
        elif answer is None:
            if self._transport is not None:
                self._transport.close()
        elif now >= answer.total_at:
            self._fail(TotalTimeout())
        elif not answer.status:
            self._fail(FirstTokenTimeout())
        elif answer.held:
            # We are the slow side: the provider owes nothing until the caller has caught up.
            self._watch(min(now + answer.deadlines.idle_s, answer.total_at))
        else:
            self._fail(IdleTimeout())
