"""How long the pages take to answer a click on 100,000 requests: Event Timing of the browser, told and not judged.

The figures of docs/console.md are `python -m pytest -m long -n 0 tests/console/test_pace.py -s`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.console.company import OWNER, Company
from tests.console.visit import Visit

pytestmark = pytest.mark.long  # a report

WATCH = """() => {
    window.told = []
    new PerformanceObserver((list) => {
        for (const one of list.getEntries()) if (one.interactionId) window.told.push([one.interactionId, one.duration])
    }).observe({ type: "event", durationThreshold: 16, buffered: true })
}"""
"""Interaction to next paint: the longest event of each interaction; what took less than 16 ms is not told."""


def overview(page: Page) -> None:
    for name in ("Cost", "Tokens", "Requests"):
        page.get_by_role("radio", name=name, exact=True).locator("xpath=..").click()
    page.get_by_role("radio", name="the last 7 days").locator("xpath=..").click()
    expect(page).not_to_have_url(re.compile("range=30d"))
    page.get_by_role("radio", name="the last 30 days").locator("xpath=..").click()
    page.get_by_text("Figures as a table").first.click()
    page.get_by_role("button", name="Theme").click()
    page.get_by_role("menuitem", name="Dark").click()


def requests(page: Page) -> None:
    main = page.get_by_role("main")
    main.locator("tbody button").first.click()
    expect(page.get_by_role("dialog").get_by_text("What it cost").first).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Load more").click()
    page.get_by_role("button", name="Cost", exact=True).click()
    page.get_by_role("button", name="More filters").click()
    page.get_by_label("Ending", exact=True).select_option("upstream_error")
    expect(page.get_by_text("UPSTREAM_UNAVAILABLE").first).to_be_visible()
    page.get_by_role("button", name="Fewer filters").click()


def audit(page: Page) -> None:
    page.get_by_role("main").locator("tbody button").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    page.get_by_label("Kind").select_option("key")
    page.get_by_role("tab", name="Proof and export").click()
    page.get_by_role("button", name="Verify now").click()
    expect(page.get_by_text("The trail is whole.")).to_be_visible()
    page.get_by_role("tab", name="Holds and erasure").click()


PAGES: dict[str, tuple[str, Callable[[Page], None]]] = {
    "overview": ("/?range=30d", overview),
    "requests": ("/requests?range=30d", requests),
    "audit": ("/audit", audit),
}


@pytest.mark.parametrize("name", PAGES)
def test_how_long_a_click_takes_is_told(
    name: str, company: Company, browser: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    path, clicks = PAGES[name]
    with Visit(browser, company.gateway.origin, 1440, "light") as visit:
        visit.sign_in(OWNER)
        page = visit.go(path)
        expect(page.get_by_role("main").get_by_role("status")).to_have_count(0)
        page.evaluate(WATCH)
        clicks(page)
        page.wait_for_timeout(300)  # an event is told after the paint that follows it
        longest: dict[int, float] = {}
        for interaction, duration in page.evaluate("window.told"):
            longest[interaction] = max(longest.get(interaction, 0), duration)
    assert longest
    told = sorted(longest.values())
    with capsys.disabled():
        sys.stdout.write(
            f"\n{name}: {len(told)} interactions told, worst {told[-1]:.0f} ms, median {told[len(told) // 2]:.0f} ms\n"
        )
