"""One visit of the console in a browser: the page, what the browser complains of, and what axe finds.

It knows no page of the console. Called by the fixtures and by the tests.
"""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Response, expect

from tests.console.company import PASSWORD
from tests.e2e.process import REPO

AXE = REPO / "console" / "node_modules" / "axe-core" / "axe.min.js"
HEIGHTS = {1440: 900, 390: 844}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
KEEP = "TORANA_KEEP_SCREENSHOTS"
"""Set: the screenshots in docs/console are written anew."""


class Visit:
    """A fresh browser profile at one size, in one theme."""

    def __init__(self, browser: Browser, origin: str, width: int, theme: Any) -> None:
        self.origin = origin
        self.width = width
        self.theme = theme
        self.complaints: list[str] = []
        self.expected: set[str] = set()
        """Ends of addresses that answer with an error in this test, of which the browser tells its console."""
        self._context = browser.new_context(
            viewport={"width": width, "height": HEIGHTS[width]},
            has_touch=width < 768,
            color_scheme=theme,
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="UTC",
        )
        self._context.set_default_timeout(15_000)
        self.page: Page = self._context.new_page()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(f"exception: {error}"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._context.close()

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not str(message.location.get("url")).endswith(tuple(self.expected)):
            self.complaints.append(f"{message.type}: {message.text}")

    @property
    def is_phone(self) -> bool:
        """Whether the bar at the bottom is there in the place of the one at the side."""
        return self.width < 768

    def go(self, path: str) -> Page:
        """Load a path of the console, and wait for its heading."""
        self.page.goto(self.origin + path)
        self.page.get_by_role("heading", level=1).wait_for()
        return self.page

    def loads(self, path: str) -> dict[str, int]:
        """What a first visit brings over the network: path → bytes as sent, answers of the API among them."""
        found: dict[str, int] = {}

        answers: list[Response] = []
        # Playwright puts a mark on what it is given, which a built-in does not take.
        self.page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108
        self.go(path)
        self.page.wait_for_load_state("load")
        # Streams go on for ever, so there is no quiet network to wait for: whatever the page waits for shows as such.
        expect(self.page.get_by_role("main").get_by_role("status")).to_have_count(0)
        for answer in answers:
            where = urlsplit(answer.url).path
            if not where.endswith("/usage/tail"):  # a stream without an end
                found[where] = found.get(where, 0) + answer.request.sizes()["responseBodySize"]
        return found

    def sign_in(self, email: str) -> None:
        """By the cookies that the sign-in page would leave."""
        body = {"email": email, "password": PASSWORD, "cookies": True}
        said = self._context.request.post(f"{self.origin}/api/v1/admin/auth/login", data=body)
        assert said.ok, said.text()

    def flaws(self) -> list[str]:
        """What axe finds on the page as it is: rule, and the elements."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate("tags => axe.run({runOnly: tags})", TAGS)
        return [f"{one['id']}: {[node['html'][:160] for node in one['nodes']]}" for one in found["violations"]]

    def sideways(self) -> int:
        """By how many pixels the page is wider than the window, or what a dialog holds wider than the dialog."""
        return int(
            self.page.evaluate(
                """() => Math.max(document.documentElement.scrollWidth - window.innerWidth,
                    ...[...document.querySelectorAll("dialog[open] .overflow-y-auto")]
                        .map(one => one.scrollWidth - one.clientWidth))"""
            )
        )

    def small_targets(self) -> list[str]:
        """What a finger must hit and is less than 44 px high; links within a sentence excepted."""
        return list(
            self.page.evaluate(
                """() => [...document.querySelectorAll("button, a, select, input:not([type=checkbox])")]
                    .filter(one => one.checkVisibility() && !one.closest(".sr-only") && !one.matches(".sr-only"))
                    .filter(one => one.getBoundingClientRect().height < 43.5)
                    .map(one => one.outerHTML.slice(0, 120))"""
            )
        )

    def keep(self, folder: Path, name: str) -> None:
        """A screenshot for the documents, when asked for by the environment."""
        if os.environ.get(KEEP):
            folder.mkdir(exist_ok=True)
            self.page.screenshot(path=folder / f"{name}-{self.width}-{self.theme}.png")

    def is_well(self, folder: Path, name: str) -> None:
        """The page shows nothing that no reader should see; keeps its screenshot. Raises AssertionError."""
        text = self.page.locator("body").inner_text()
        assert not [word for word in ("undefined", "NaN", "[object Object]") if word in text], text
        assert self.sideways() <= 0
        assert self.flaws() == []
        if self.is_phone:
            assert self.small_targets() == []
        self.keep(folder, name)
