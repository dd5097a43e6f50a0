"""HTTP from threads: kept connections, addresses that are judged, answers that cannot be trusted."""

from __future__ import annotations

import contextlib
import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from torana.ports.sink import Answered, Rejected, Unreachable
from torana.upstream.networks import NetworkProfile
from torana.upstream.posting import Poster, Way, dial, judged
from torana.upstream.public import NotPublic

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
PRIVATE = Way(allow_private=True, timeout_s=5.0)


class Server:
    """Reads requests, answers each with ``answer``, and remembers them with the number of their connection."""

    def __init__(self, answer: bytes, *, hang_up_after: int = 10**9) -> None:
        self.answer, self.hang_up_after = answer, hang_up_after
        self.requests: list[tuple[int, bytes]] = []
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.connections = 0
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                one, _ = self.listening.accept()
                self.connections += 1
                threading.Thread(target=self.serve, args=(one, self.connections), daemon=True).start()

    def serve(self, one: socket.socket, number: int) -> None:
        with one, contextlib.suppress(OSError):
            for _ in range(self.hang_up_after):
                data = b""
                while b"\r\n\r\n" not in data:
                    if not (piece := one.recv(65536)):
                        return
                    data += piece
                head, _, body = data.partition(b"\r\n\r\n")
                if head.startswith(b"CONNECT"):
                    self.requests.append((number, data))
                    one.sendall(b"HTTP/1.1 200 here you are\r\n\r\n")
                    continue
                fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
                length = int({name.lower(): value for name, value in fields.items()}[b"content-length"])
                while len(body) < length:
                    body += one.recv(65536)
                self.requests.append((number, head + b"\r\n\r\n" + body))
                one.sendall(self.answer)


@pytest.fixture
def server() -> Iterator[Callable[..., Server]]:
    opened: list[Server] = []

    def open_server(*args: Any, **named: Any) -> Server:
        opened.append(Server(*args, **named))
        return opened[-1]

    yield open_server
    for one in opened:
        one.listening.close()


def test_a_connection_is_kept_and_a_dead_one_is_replaced(server: Callable[..., Server]) -> None:
    far = server(OK, hang_up_after=2)
    post = Poster(PRIVATE)
    for _ in range(5):
        assert post(f"http://127.0.0.1:{far.port}/a?b", (("x-one", "1"),), b"body").body == b"ok"
    post.close()
    post.close()
    assert [number for number, _ in far.requests] == [1, 1, 2, 2, 3]
    assert far.requests[0][1].startswith(b"POST /a?b HTTP/1.1\r\n")
    assert b"x-one: 1" in far.requests[0][1]


def test_a_body_may_go_as_gzip(server: Callable[..., Server]) -> None:
    far = server(OK)
    post = Poster(PRIVATE)
    post(f"http://127.0.0.1:{far.port}/", (), b"a" * 1000, compressed=True)
    post.close()
    head, _, body = far.requests[0][1].partition(b"\r\n\r\n")
    assert b"content-encoding: gzip" in head.lower()
    assert gzip.decompress(body) == b"a" * 1000


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "10.0.0.1", "0.0.0.0"])
def test_an_address_that_is_not_public_is_not_connected_to(host: str) -> None:
    with pytest.raises(NotPublic, match="allow_private"):
        Poster(Way())(f"http://{host}:9/", (), b"")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"220 smtp ready\r\n", "no HTTP"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9999999\r\n\r\n" + b"x" * 9999999, "too long"),
    ],
    ids=["another protocol", "no end"],
)
def test_an_answer_that_cannot_be_trusted_is_a_failure(server: Callable[..., Server], answer: bytes, said: str) -> None:
    far = server(answer)
    with pytest.raises(OSError, match=said):
        Poster(PRIVATE)(f"http://127.0.0.1:{far.port}/", (), b"")


def test_a_proxy_is_asked_for_a_tunnel_with_its_password(server: Callable[..., Server]) -> None:
    proxy = server(OK)
    way = PRIVATE._replace(network=NetworkProfile(proxy=f"http://me:pw@127.0.0.1:{proxy.port}"), allow_private=False)
    post = Poster(way)
    assert post("http://siem.example:8088/x", (), b"{}").status == 200
    post.close()
    opening, request = (data for _, data in proxy.requests)
    assert opening.startswith(b"CONNECT siem.example:8088 ")
    assert b"Proxy-Authorization: Basic bWU6cHc=" in opening
    assert request.startswith(b"POST /x HTTP/1.1")
    assert b"bWU6cHc=" not in request


@pytest.mark.parametrize("header", [("x\r\ny", "1"), ("x", "1\r\ny: 2"), ("content-length", "5")])
def test_headers_that_break_a_head_are_refused(header: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="header"):
        Poster(PRIVATE)("http://127.0.0.1:9/", (header,), b"")


@pytest.mark.parametrize(
    ("status", "kind"), [(400, Rejected), (413, Rejected), (401, Unreachable), (404, Unreachable), (500, Unreachable)]
)
def test_what_can_be_mended_comes_again_and_what_is_wrong_does_not(status: int, kind: type[Exception]) -> None:
    with pytest.raises(kind, match=f"it answered {status}: why"):
        judged(Answered(status, {}, b"why"))


def test_a_pause_that_is_asked_for_is_told() -> None:
    with pytest.raises(Unreachable) as fault:
        judged(Answered(503, {"retry-after": "12"}, b""))
    assert fault.value.retry_after_s == 12.0
    assert judged(Answered(204, {}, b"")).status == 204


def test_nobody_listening_is_an_error_of_the_system() -> None:
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = one.getsockname()[1]
    with pytest.raises(ConnectionRefusedError):
        dial(PRIVATE, "127.0.0.1", port, "tcp")
