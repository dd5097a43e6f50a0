"""Asks a running gateway what the dashboard shows, with the token of whoever looks.

It changes nothing there. Called by the page.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlencode, urlsplit

from torana.core.secret import Secret

WAIT_S = 15.0
LONGEST = 32 * 1024 * 1024
SCHEMES = ("http", "https")


class Refused(Exception):
    """The gateway did not answer, or not so. Says what to do."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class Api:
    """One gateway, as one caller sees it."""

    def __init__(self, url: str, token: Secret) -> None:
        """Raises Refused for what is no address of a gateway."""
        if urlsplit(url).scheme not in SCHEMES or not urlsplit(url).hostname:
            raise Refused("The address of a gateway begins with http:// or https://.")
        self._url = url.rstrip("/")
        self._token = token

    def get(self, path: str, **query: object) -> Any:
        """The answer, read. Raises Refused."""
        asked = f"{self._url}{path}{'?' + urlencode(query) if query else ''}"
        headers = {"Authorization": f"Bearer {self._token.reveal()}", "Accept": "application/json"}
        request = urllib.request.Request(asked, headers=headers)  # noqa: S310 - http or https, see above
        try:
            with urllib.request.urlopen(request, timeout=WAIT_S) as answer:  # noqa: S310 - the same
                return json.loads(answer.read(LONGEST))
        except urllib.error.HTTPError as fault:
            with fault:
                raise Refused(
                    _message(fault.read(LONGEST)) or f"The gateway answered {fault.code}.", fault.code
                ) from None
        except (OSError, ValueError) as fault:
            raise Refused(
                f"The gateway cannot be asked ({type(fault).__name__}). Is it running at {self._url}?"
            ) from None


def _message(body: bytes) -> str:
    try:
        said = json.loads(body)
    except ValueError:
        return ""
    return str(said.get("message") or "") if isinstance(said, dict) else ""
