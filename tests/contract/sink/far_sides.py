"""Far sides of every kind of sink, as small servers of ours that judge each message strictly and remember what they took.

A message that breaks its protocol is noted in ``wrong`` and refused; ids of records that were taken stand in ``taken``.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import hmac
import json
import re
import socket
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme
from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from torana.core.secret import Secret
from torana.sinks import datadog, elasticsearch, jsonl, otlp_logs, splunk_hec, syslog, webhook
from torana.upstream.networks import NetworkProfile

POISON = "poison"
"""An id that far sides refuse for ever."""
KEY = b"a secret of twenty-four bytes"
Answer = tuple[int, dict[str, str], bytes]


def hang_up(one: socket.socket) -> None:
    """Close the connection at once, whoever reads it."""
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()


class Quiet(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.open: list[socket.socket] = []

    def get_request(self) -> Any:
        one, address = super().get_request()
        self.open.append(one)
        return one, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that leaves is no news."""


class FarSide:
    """What every far side has. ``settings`` open the sink on it."""

    settings: Any
    network = NetworkProfile()
    poisons = True
    """Whether it can refuse one record."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.wrong: list[str] = []
        self.busy_for: int = 0
        """How many more messages it refuses for now."""
        self.messages = 0
        self.bodies: list[Any] = []

    def start(self) -> None: ...

    def stop(self) -> None: ...


class FarHttp(FarSide):
    """An HTTP server on a port that stays its own when it is stopped and started."""

    path = "/"
    away: Answer = (503, {"retry-after": "0"}, b"busy")

    def __init__(self) -> None:
        super().__init__()
        self.server: Quiet | None = None
        self.port = 0
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        far = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.headers.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                status, headers, answer = far.answer(self.path, dict(self.headers.items()), body)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args: Any) -> None: ...

        self.server = Quiet(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            for one in self.server.open:
                hang_up(one)
            self.server = None

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        self.messages += 1
        if self.busy_for:
            self.busy_for -= 1
            return self.away
        try:
            assert path == self.path, path
            return self.judge({name.lower(): value for name, value in headers.items()}, body)
        except (AssertionError, KeyError, ValueError, TypeError, json_format.ParseError) as fault:
            self.wrong.append(f"{type(fault).__name__}: {fault}")
            return 500, {}, b"wrong"

    def judge(self, headers: dict[str, str], body: bytes) -> Answer:
        raise NotImplementedError

    def take(self, ids: list[str]) -> Answer:
        """All or nothing."""
        if POISON in ids:
            return 400, {}, b"one of these is no good"
        self.taken += ids
        return 200, {}, b"{}"


class FarSplunk(FarHttp):
    path = "/services/collector/event"

    @property
    def settings(self) -> Any:
        return splunk_hec.Settings(url=Secret(self.url), token=Secret("tok"), index="ai")

    def judge(self, headers: dict[str, str], body: bytes) -> Answer:
        assert headers["authorization"] == "Splunk tok"
        events = [json.loads(line) for line in body.splitlines()]
        for event in events:
            assert set(event) == {"time", "host", "source", "sourcetype", "index", "event"}, set(event)
            assert isinstance(event["time"], float)
        ids = [event["event"]["id"] for event in events]
        if POISON in ids:
            said = {"text": "Invalid data format", "code": 6, "invalid-event-number": ids.index(POISON)}
            return 400, {}, json.dumps(said).encode()
        self.taken += ids
        self.bodies += events
        return 200, {}, b'{"text":"Success","code":0}'


class FarElastic(FarHttp):
    path = "/_bulk"

    def __init__(self) -> None:
        super().__init__()
        self.later: set[str] = set()
        """Ids that it refuses once, for now."""

    @property
    def settings(self) -> Any:
        return elasticsearch.Settings(url=Secret(self.url), username="u", password=Secret("p"))

    def judge(self, headers: dict[str, str], body: bytes) -> Answer:
        assert headers["authorization"] == "Basic " + base64.b64encode(b"u:p").decode()
        assert headers["content-type"] == "application/x-ndjson"
        assert body.endswith(b"\n")
        lines = [json.loads(line) for line in body.splitlines()]
        assert len(lines) % 2 == 0
        items = [self.one(action, document) for action, document in zip(lines[::2], lines[1::2], strict=True)]
        errors = any("error" in item["create"] for item in items)
        return 200, {}, json.dumps({"took": 1, "errors": errors, "items": items}).encode()

    def one(self, action: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
        assert set(action) == {"create"}
        number = action["create"]["_id"]
        assert document["@timestamp"]
        assert document["event"]["id"] == number
        if number in self.taken:
            return {"create": {"_id": number, "status": 409, "error": {"type": "version_conflict_engine_exception"}}}
        if number == POISON:
            error = {"type": "document_parsing_exception", "reason": "failed to parse"}
            return {"create": {"_id": number, "status": 400, "error": error}}
        if number in self.later:
            self.later.discard(number)
            return {"create": {"_id": number, "status": 429, "error": {"type": "es_rejected_execution_exception"}}}
        self.taken.append(number)
        self.bodies.append(document)
        return {"create": {"_id": number, "status": 201}}


class FarDatadog(FarHttp):
    path = "/api/v2/logs"

    @property
    def settings(self) -> Any:
        return datadog.Settings(token=Secret("dd"), url=Secret(self.url + self.path), tags="env:test")

    def judge(self, headers: dict[str, str], body: bytes) -> Answer:
        assert headers["dd-api-key"] == "dd"
        logs = json.loads(body)
        assert isinstance(logs, list)
        assert len(logs) <= 1000
        for log in logs:
            assert log["status"] in ("info", "warning", "error")
            assert log["ddtags"].endswith(",env:test")
            assert isinstance(log["timestamp"], int)
        answer = self.take([log["evt"]["id"] for log in logs])
        self.bodies += logs if answer[0] == 200 else []
        return (202, {}, b"{}") if answer[0] == 200 else answer


class FarWebhook(FarHttp):
    path = "/records"

    @property
    def settings(self) -> Any:
        return webhook.Settings(url=Secret(self.url + self.path), secret=Secret(KEY.decode()))

    def judge(self, headers: dict[str, str], body: bytes) -> Answer:
        message, at = headers["webhook-id"], headers["webhook-timestamp"]
        signed = hmac.new(KEY, f"{message}.{at}.".encode() + body, hashlib.sha256).digest()
        assert headers["webhook-signature"] == "v1," + base64.b64encode(signed).decode()
        said = json.loads(body)
        assert (said["type"], said["id"], said["timestamp"]) == ("audit.records", message, int(at))
        answer = self.take([one["id"] for one in said["records"]])
        self.bodies += said["records"] if answer[0] == 200 else []
        return answer


class FarOtlp(FarHttp):
    path = "/v1/logs"

    @property
    def settings(self) -> Any:
        return otlp_logs.Settings(url=Secret(self.url), token=Secret("t"), headers={"x-team": Secret("a")})

    def judge(self, headers: dict[str, str], body: bytes) -> Answer:
        assert headers["content-type"] == "application/json"
        assert (headers["authorization"], headers["x-team"]) == ("Bearer t", "a")
        said = json_format.Parse(body, ExportLogsServiceRequest())
        (resource,) = said.resource_logs
        assert "service.name" in {one.key for one in resource.resource.attributes}
        (scope,) = resource.scope_logs
        ids = []
        for record in scope.log_records:
            assert record.time_unix_nano > 10**18
            assert record.observed_time_unix_nano > 10**18
            names = [one.key for one in record.attributes]
            assert len(names) == len(set(names)), "an attribute is there twice"
            ids.append(next(one.value.string_value for one in record.attributes if one.key == "log.record.uid"))
        answer = self.take(ids)
        self.bodies += scope.log_records if answer[0] == 200 else []
        return answer


class FarJsonl(FarSide):
    poisons = False

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.path = folder / "records" / "all.jsonl"

    @property
    def settings(self) -> Any:
        return jsonl.Settings(path=str(self.path), fsync=True)

    @property
    def taken(self) -> list[str]:
        return [one["id"] for one in self.bodies]

    @taken.setter
    def taken(self, ids: list[str]) -> None: ...

    @property
    def bodies(self) -> list[Any]:
        text = self.path.read_text() if self.path.exists() else ""
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    @bodies.setter
    def bodies(self, bodies: list[Any]) -> None: ...


SYSLOG = re.compile(
    rb"<(?P<pri>\d{1,3})>1 (?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (?P<host>[!-~]{1,255}) torana "
    rb"(?P<process>[!-~]{1,128}) (?P<msgid>request|admin|security) "
    rb'\[torana@32473 id="(?P<id>(?:[^"\\\]]|\\["\\\]])*)" tenant="(?:[^"\\\]]|\\["\\\]])*"\] (?P<msg>.*)',
    re.DOTALL,
)
CEF = re.compile(rb"CEF:0(?:\|(?:[^|\\]|\\[|\\])*){6}\|(?P<extension>.*)", re.DOTALL)


class FarSyslog(FarSide):
    """A syslog server over TCP or TLS (octet counting), or UDP."""

    poisons = False

    def __init__(self, transport: str, form: str) -> None:
        super().__init__()
        self.transport, self.form = transport, form
        self.port = 0
        self.listening: socket.socket | None = None
        self.open: list[socket.socket] = []
        self.context: ssl.SSLContext | None = None
        if transport == "tls":
            authority = trustme.CA()
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert("127.0.0.1").configure_cert(self.context)
            self.authority = authority
        self.start()

    @property
    def settings(self) -> Any:
        return syslog.Settings(url=f"{self.transport}://127.0.0.1:{self.port}", format=self.form)  # type: ignore[arg-type]

    def start(self) -> None:
        kind = socket.SOCK_DGRAM if self.transport == "udp" else socket.SOCK_STREAM
        one = socket.socket(socket.AF_INET, kind)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(("127.0.0.1", self.port))
        self.port = one.getsockname()[1]
        self.listening = one
        work: Callable[[socket.socket], None] = self.datagrams if self.transport == "udp" else self.accept
        if self.transport != "udp":
            one.listen()
        threading.Thread(target=work, args=(one,), daemon=True).start()

    def stop(self) -> None:
        for one in (self.listening, *self.open):
            if one is not None:
                hang_up(one)
        self.listening, self.open = None, []

    def datagrams(self, one: socket.socket) -> None:
        try:
            while data := one.recv(70000):
                self.message(data)
        except OSError:
            return

    def accept(self, one: socket.socket) -> None:
        try:
            while True:
                bare, _ = one.accept()
                self.open.append(bare)
                threading.Thread(target=self.read, args=(bare,), daemon=True).start()
        except OSError:
            return

    def read(self, bare: socket.socket) -> None:
        try:
            one = self.context.wrap_socket(bare, server_side=True) if self.context else bare
            self.open.append(one)
            stream = one.makefile("rb")
            while True:
                digits = b""
                while (sign := stream.read(1)) not in (b" ", b""):
                    digits += sign
                if not digits:
                    return
                if not digits.isdigit():
                    self.wrong.append(f"no count: {digits[:20]!r}")
                    return
                self.message(stream.read(int(digits)))
        except OSError:
            return

    def message(self, data: bytes) -> None:
        found = SYSLOG.fullmatch(data)
        if found is None or int(found["pri"]) > 191:
            self.wrong.append(f"no syslog: {data[:200]!r}")
            return
        if self.form == "cef":
            if not CEF.fullmatch(found["msg"]) or b"\n" in found["msg"]:
                self.wrong.append(f"no CEF: {found['msg'][:200]!r}")
                return
            self.bodies.append(found["msg"])
        else:
            self.bodies.append(json.loads(found["msg"]))
        self.taken.append(re.sub(rb"\\(.)", rb"\1", found["id"]).decode())


class FarTraces(FarHttp):
    """A collector of spans, by their schema; ids are judged as OTLP's JSON has them, hexadecimal."""

    path = "/v1/traces"

    def judge(self, headers: dict[str, str], body: bytes) -> Answer:
        assert headers["content-type"] == "application/json"
        said = json.loads(body)
        spans = [span for one in said["resourceSpans"] for scope in one["scopeSpans"] for span in scope["spans"]]
        for span in spans:
            for name, length in (("traceId", 32), ("spanId", 16), ("parentSpanId", 16)):
                if name in span:
                    assert re.fullmatch(rf"[0-9a-f]{{{length}}}", span[name]), span[name]
                    span[name] = base64.b64encode(bytes.fromhex(span[name])).decode()
            assert int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"])
        request = json_format.ParseDict(said, ExportTraceServiceRequest())
        self.bodies += [span for one in request.resource_spans for scope in one.scope_spans for span in scope.spans]
        return 200, {}, b"{}"
