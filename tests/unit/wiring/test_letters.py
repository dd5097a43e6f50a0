"""Letters: sent by SMTP where there is one, else said in the log, with the link for developers only."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from torana.control.people_desk import Letter
from torana.core.secret import Secret
from torana.wiring.letters import message_of, post_by
from torana.wiring.settings_people import Mail

LETTER = Letter("ben@acme.test", "invitation", Secret("tot_a+b"), 1_750_000_000.0, "Acme")


class Log:
    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, Any]]] = []

    def warning(self, event: str, **fields: Any) -> None:
        self.lines.append((event, fields))


@pytest.mark.parametrize("dev", [True, False])
async def test_without_mail_only_developers_see_the_link(dev: bool) -> None:
    log = Log()
    await post_by(lambda: Mail(public_url="http://127.0.0.1:8000/"), dev, log)(LETTER)
    assert [event for event, _ in log.lines] == ["mail.not_sent"]
    assert ("http://127.0.0.1:8000/accept-invitation#token=tot_a%2Bb" in str(log.lines)) == dev
    assert ("tot_" in str(log.lines)) == dev


async def test_a_server_that_is_not_there_is_said_and_raises_nothing() -> None:
    log = Log()
    await post_by(lambda: Mail(url=Secret("smtp://127.0.0.1:1"), sender="torana@acme.test"), dev=True, log=log)(LETTER)
    assert [event for event, _ in log.lines] == ["mail.failed"]
    assert "tot_" not in str(log.lines)


async def test_a_letter_arrives() -> None:
    taken: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := await reader.readline():
            if line.upper().startswith(b"DATA"):
                writer.write(b"354 go on\r\n")
                while (row := await reader.readline()) != b".\r\n":
                    taken.append(row)
            writer.write(b"221 bye\r\n" if line.upper().startswith(b"QUIT") else b"250 ok\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        log = Log()
        mail = Mail(
            url=Secret(f"smtp://127.0.0.1:{port}"), sender="torana@acme.test", public_url="https://ai.acme.test"
        )
        await post_by(lambda: mail, dev=False, log=log)(LETTER)
    text = b"".join(taken).decode()
    assert log.lines == []
    assert "To: ben@acme.test" in text
    assert "You were invited to Acme" in text


def test_what_a_letter_says() -> None:
    made = message_of(
        LETTER._replace(kind="password_reset"), Mail(sender="a@b.test", public_url="https://ai.acme.test")
    )
    assert (made["From"], made["To"], made["Subject"]) == ("a@b.test", "ben@acme.test", "A new password for Torana")
    assert "https://ai.acme.test/reset-password#token=tot_a%2Bb" in made.get_content()
    assert "2025-06-15 15:06 UTC" in made.get_content()
