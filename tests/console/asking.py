"""The playground as its visitors begin with it: a key is pasted, a question sent. Called by the tests and by the jobs."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.console.visit import Visit
from tests.e2e.gateway import CALLER_KEY


def with_key(visit: Visit, key: str = CALLER_KEY) -> Page:
    """The playground of somebody who has no account, and a key."""
    page = visit.go("/playground")
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Use this key").click()
    page.get_by_role("region", name="fast-one").wait_for()
    return page


def ask(page: Page, text: str) -> None:
    """Send it to every model that is shown."""
    page.get_by_label("Message").fill(text)
    page.get_by_role("button", name="Send").click()
