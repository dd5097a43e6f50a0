"""Letters to people: invitations and links for new passwords, by SMTP where ``auth.mail`` says so.

It decides nothing about who gets one. With ``--dev`` and no mail they are logged; otherwise the log says that there is no
mail, without the link. Called by the control plane through ``peopling``.
"""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from torana.control.people_desk import Letter
from torana.wiring.settings_people import Mail

TIMEOUT_S = 20.0
SUBJECTS = {"invitation": "You are invited to Torana", "password_reset": "A new password for Torana"}
PAGES = {"invitation": "accept-invitation", "password_reset": "reset-password"}
WORDS = {
    "invitation": "You were invited to {name}. Choose a password here:",
    "password_reset": "Somebody, you we hope, asked for a new password at {name}. Choose it here:",
}


def post_by(mail: Callable[[], Mail], dev: bool, log: Any) -> Callable[[Letter], Awaitable[None]]:
    """What sends letters."""

    async def send(letter: Letter) -> None:
        given = mail()
        if given.url is None:
            shown = {"link": link(letter, given)} if dev else {"remedy": "set auth.mail.url"}
            log.warning("mail.not_sent", kind=letter.kind, **shown)
            return
        try:
            await asyncio.to_thread(deliver, letter, given)
        except (OSError, smtplib.SMTPException, ValueError) as fault:
            log.warning("mail.failed", kind=letter.kind, fault=type(fault).__name__)

    return send


def link(letter: Letter, mail: Mail) -> str:
    """Where the console takes the token. It stands behind ``#``, which browsers send to nobody."""
    return f"{mail.public_url.rstrip('/')}/{PAGES[letter.kind]}#token={quote(letter.token.reveal())}"


def message_of(letter: Letter, mail: Mail) -> EmailMessage:
    """The letter as it is sent."""
    made = EmailMessage()
    made["Subject"] = SUBJECTS[letter.kind]
    made["From"] = mail.sender
    made["To"] = letter.to
    until = datetime.fromtimestamp(letter.expires_at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    words = WORDS[letter.kind].format(name=letter.name or "a tenant")
    made.set_content(f"{words}\n\n{link(letter, mail)}\n\nThe link works once, until {until}.\n")
    return made


def deliver(letter: Letter, mail: Mail) -> None:
    """Send it. Raises what smtplib raises. Blocking."""
    parts = urlsplit(mail.url.reveal() if mail.url else "")
    context = ssl.create_default_context()
    host = parts.hostname or "localhost"
    opened: smtplib.SMTP
    if parts.scheme == "smtps":
        opened = smtplib.SMTP_SSL(host, parts.port or 465, timeout=TIMEOUT_S, context=context)
    else:
        opened = smtplib.SMTP(host, parts.port or 587, timeout=TIMEOUT_S)
    with opened:
        if parts.scheme == "smtp" and (parts.username or opened.has_extn("starttls")):
            opened.starttls(context=context)
        if parts.username:
            opened.login(unquote(parts.username), unquote(parts.password or ""))
        opened.send_message(message_of(letter, mail))
