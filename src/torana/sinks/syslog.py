"""Syslog: each record is a message of RFC 5424, as JSON or in the Common Event Format, over TCP, TLS or UDP.

Syslog confirms nothing: over TCP and TLS a batch counts as sent once the other machine has its bytes, and the last batch goes
again when the connection is found broken; UDP promises nothing. Found by file name; asked by ``Shipping``.
"""

from __future__ import annotations

import errno
import fcntl
import ipaddress
import re
import socket
import ssl
import struct
import termios
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec

from torana.core.told import Told, told
from torana.ports.sink import Dial, Record, Sent, Target, Tools, Unreachable

TARGET = True
Transport = Literal["tcp", "tls", "udp"]
TRANSPORTS: Mapping[str, Transport] = {"tcp": "tcp", "tls": "tls", "udp": "udp"}
PORTS: Mapping[str, int] = {"udp": 514, "tcp": 601, "tls": 6514}
LEVELS = {"info": 6, "warning": 4, "error": 3}
LONG = ("findings", "dropped", "attempts", "verdicts", "budgets", "details")
"""Lists, and details of an entry, that are left out of a message that would be too long."""
ARRIVED_WITHIN_S = 5.0
LOOK_EVERY_S = 0.005
_NAME = re.compile(r"[^!-~]")
_encode = msgspec.json.Encoder().encode


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where to, and how."""

    url: str
    """`tls://host:port`, `tcp://host:port` or `udp://host:port`; the ports are 6514, 601 and 514 where none is said."""
    format: Literal["json", "cef"] = "json"
    """What a message holds."""
    facility: Annotated[int, msgspec.Meta(ge=0, le=23)] = 13
    """Facility; 13 is log audit."""
    enterprise: Annotated[int, msgspec.Meta(ge=1)] = 32473
    """Private enterprise number in the structured data; the default is the one for documentation (RFC 5612)."""
    max_bytes: Annotated[int, msgspec.Meta(ge=480, le=65000)] = 8192
    """Longest message; of a longer one lists and details are left out, and what is too long even so is refused."""

    def __post_init__(self) -> None:
        if self.url:
            place_of(self.url)


def place_of(url: str) -> tuple[Transport, str, int]:
    """Transport, host and port. Raises ValueError."""
    parts = urlsplit(url)
    transport = TRANSPORTS.get(parts.scheme)
    if transport is None or not parts.hostname or parts.path.strip("/") or parts.username:
        raise ValueError("url: tls://host:port, tcp://host:port or udp://host:port")
    return transport, parts.hostname, parts.port or PORTS[transport]


class Line:
    """One connection to a syslog server, opened when it is needed."""

    def __init__(self, dial: Dial, place: tuple[Transport, str, int]) -> None:
        self._dial = dial
        self._transport, self._host, self._port = place
        self._socket: socket.socket | None = None
        self._last = b""
        """What was sent last on this connection, or on one that broke: nobody knows whether it was read."""

    @property
    def datagrams(self) -> bool:
        """Whether each message goes by itself."""
        return self._transport == "udp"

    def datagram(self, message: bytes) -> None:
        """Send one message. Raises OSError."""
        self._opened().send(message)

    def stream(self, data: bytes, wait: Callable[[float], None]) -> None:
        """Send so many messages, and wait until the other machine has them. Raises OSError; then all come again."""
        done = False
        try:
            if self._socket is not None and gone(self._socket):
                self.close()
            fresh = self._socket is None
            one = self._opened()
            if fresh and self._last:
                one.sendall(self._last)
            one.sendall(data)
            self._arrived(one, wait)
            done = True
        finally:
            if not done:
                self.close()
        self._last = data

    def close(self) -> None:
        """Close the connection. Idempotent."""
        one, self._socket = self._socket, None
        if one is not None:
            one.close()

    def _opened(self) -> socket.socket:
        if self._socket is None:
            self._socket = self._dial(self._host, self._port, transport=self._transport)
        return self._socket

    def _arrived(self, one: socket.socket, wait: Callable[[float], None]) -> None:
        """Wait until the kernel of the other machine has confirmed every byte, where ours can tell (tcp(7), SIOCOUTQ)."""
        waited = 0.0
        while unconfirmed(one):
            if waited >= ARRIVED_WITHIN_S:
                raise Unreachable("it does not confirm what was sent")
            wait(LOOK_EVERY_S)
            waited += LOOK_EVERY_S
        if gone(one):
            raise Unreachable("it closed the connection")


def unconfirmed(one: socket.socket) -> int:
    """Bytes that were sent and not confirmed; 0 where the system cannot tell."""
    try:
        answer = fcntl.ioctl(one.fileno(), termios.TIOCOUTQ, b"\0" * 4)
    except OSError as fault:
        if fault.errno in (errno.EINVAL, errno.ENOTTY, errno.ENOTSUP):
            return 0
        raise
    count: int = struct.unpack("i", answer)[0]
    return count


def gone(one: socket.socket) -> bool:
    """Whether the other side has closed; a syslog server sends nothing, so anything but silence means that."""
    before = one.gettimeout()
    one.settimeout(0.0)
    try:
        return one.recv(1) == b""
    except (BlockingIOError, InterruptedError):
        return False
    except ssl.SSLWantReadError:
        return False
    except OSError:
        return True
    finally:
        one.settimeout(before)


class Syslog:
    """Sends messages."""

    def __init__(self, settings: Settings, tools: Tools, wait: Callable[[float], None]) -> None:
        self._settings = settings
        self._tools = tools
        self._wait = wait
        self._line = Line(tools.dial, place_of(settings.url))

    def send(self, batch: Sequence[Record]) -> Sent:
        """See ``ports.sink.Target``."""
        refused: dict[int, str] = {}
        messages: list[bytes] = []
        for place, record in enumerate(batch):
            message = self._message(record)
            if len(message) > self._settings.max_bytes:
                refused[place] = f"longer than {self._settings.max_bytes} bytes"
            else:
                messages.append(message)
        if self._line.datagrams:
            for message in messages:
                self._line.datagram(message)
        elif messages:
            # Octet counting (RFC 6587, section 3.4.1; RFC 5425, section 4.3).
            self._line.stream(b"".join(b"%d %b" % (len(message), message) for message in messages), self._wait)
        return Sent(refused=refused)

    def close(self) -> None:
        """See ``ports.sink.Target``."""
        self._line.close()

    def _message(self, record: Record) -> bytes:
        said = told(record.kind, record.fields)
        if self._settings.format == "cef":
            return self._framed(record, said, cef(record, said, self._tools.version))
        fields = {"event": record.kind, "id": record.id, "tenant": record.tenant, **record.fields}
        message = self._framed(record, said, _encode(fields))
        if len(message) > self._settings.max_bytes:
            short = {name: plain for name, plain in fields.items() if name not in LONG}
            message = self._framed(record, said, _encode({**short, "shortened": True}))
        return message

    def _framed(self, record: Record, said: Told, body: bytes) -> bytes:
        """Header and structured data (RFC 5424, sections 6.2 and 6.3) before the message."""
        at = datetime.fromtimestamp(record.at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        data = f'[torana@{self._settings.enterprise} id="{quoted(record.id)}" tenant="{quoted(record.tenant)}"]'
        priority = self._settings.facility * 8 + LEVELS[said.level]
        host, process = named(self._tools.host, 255), named(self._tools.process, 128)
        head = f"<{priority}>1 {at} {host} torana {process} {record.kind} {data} "
        return head.encode("utf-8", "replace") + body


def named(text: str, longest: int) -> str:
    """A text as a name of the header: printable ASCII without spaces, ``-`` for none."""
    return _NAME.sub("_", text)[:longest] or "-"


def quoted(text: str) -> str:
    """A text as a value of structured data (RFC 5424, section 6.3.3)."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]").replace("\n", " ").replace("\r", " ")


def cef(record: Record, said: Told, version: str) -> bytes:
    """The record in the Common Event Format, version 0."""
    head = "|".join(
        part.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ").replace("\r", " ")
        for part in (
            "CEF:0",
            "Torana",
            "Torana",
            version,
            f"{record.kind}:{said.action}",
            said.action,
            str(said.severity),
        )
    )
    pairs = ((name, plain) for name, plain in extension(record, said) if plain not in ("", None))
    return f"{head}|{' '.join(f'{name}={escaped(str(plain))}' for name, plain in pairs)}".encode("utf-8", "replace")


def escaped(text: str) -> str:
    """A value of an extension: backslash, equals sign and line ends are escaped."""
    return text.replace("\\", "\\\\").replace("=", "\\=").replace("\r", "\\r").replace("\n", "\\n")


def extension(record: Record, said: Told) -> list[tuple[str, object]]:
    """Keys of the CEF dictionary and their values; labels tell what a numbered one means."""
    fields = record.fields
    pairs: list[tuple[str, object]] = [
        ("rt", int(record.at * 1000)),
        ("externalId", record.id),
        ("cat", record.kind),
        ("act", said.action),
        ("outcome", said.outcome),
        ("suser", said.actor),
        *address(said.address),
        *numbered("cs1", "tenant", record.tenant),
    ]
    if record.kind == "request":
        pairs += [
            ("suid", fields["key_id"]),
            ("reason", fields["error_code"]),
            ("in", fields["request_bytes"]),
            ("out", fields["response_bytes"]),
            *numbered("cs2", "model", fields["model"]),
            *numbered("cs3", "provider", fields["provider"]),
            *numbered("cs4", "policy", fields["policy"]),
            *numbered("cs5", "team", fields["team"]),
            *numbered("cs6", "requestId", fields["request_id"]),
            *numbered("cn1", "inputTokens", fields["input_tokens"]),
            *numbered("cn2", "outputTokens", fields["output_tokens"]),
            *numbered("cn3", "statusCode", fields["status"]),
            *numbered("flexNumber1", "costNano", fields["cost_nano"]),
            *numbered("flexNumber2", "durationMs", fields["duration_ms"]),
        ]
    else:
        target = fields.get("target", fields.get("object", ""))
        shown = target if isinstance(target, str) else _encode(target).decode()
        pairs += [*numbered("cs2", "target", shown), ("reason", fields.get("reason", ""))]
    return [*pairs, ("msg", said.message)]


def address(text: str) -> list[tuple[str, object]]:
    """The caller's address: ``src`` takes IPv4 only."""
    try:
        version = ipaddress.ip_address(text).version
    except ValueError:
        return []
    return [("src", text)] if version == 4 else numbered("c6a2", "Source IPv6 Address", text)


def numbered(key: str, label: str, plain: object) -> list[tuple[str, object]]:
    """A custom key with its label; nothing for an empty value."""
    return [] if plain in ("", None) else [(key, plain), (f"{key}Label", label)]


def open(settings: Settings, tools: Tools) -> Target:  # noqa: A001 - every plug-in is opened by this name
    """The target. Raises ValueError for a URL that is none."""
    return Syslog(settings, tools, tools.wait)
