"""The dashboard's page: provider health, budget use, the trend of cost, what guardrails found. Run by Streamlit.

It decides nothing and keeps nothing: a token that is typed in lives as long as its session.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from torana.core.clock import SystemClock
from torana.core.secret import Secret
from torana.wiring.dashboard import tables
from torana.wiring.dashboard.api import Api, Refused
from torana.wiring.environment import read_environment

# How the command hands them on: not by words that everybody on the machine can read.
# Trap: a text that stands alone, as elsewhere under a constant, Streamlit shows on the page.
URL, TOKEN = "TORANA_DASHBOARD_URL", "TORANA_DASHBOARD_TOKEN"
ADMIN = "/api/v1/admin"
DAY_S = 86_400
# Findings are counted of so many.
PAGES = 4
PAGE = 500


def main(environ: Mapping[str, str], now: float) -> None:
    """Draw the page. ``now``: epoch seconds."""
    st: Any = importlib.import_module("streamlit")
    st.set_page_config(page_title="Torana", layout="wide")
    st.title("Torana")
    with st.sidebar:
        url = st.text_input("Gateway", environ.get(URL, "http://127.0.0.1:8000"))
        token = environ.get(TOKEN, "") or st.text_input("Key or token", type="password", key="token")
        days = st.slider("Days", 1, 90, 30)
        st.button("Read again")
    if not token:
        st.info("Give a key or token of the gateway. What it may see is shown.")
        return
    try:
        api = Api(url, Secret(token))
    except Refused as refused:
        st.error(str(refused))
        return
    left, right = st.columns(2)
    with left:
        _section(st, "Provider health", lambda: _health(st, api))
        _section(st, "Budget use", lambda: _budgets(st, api))
    with right:
        _section(st, "Cost trend", lambda: _costs(st, api, days, now))
        _section(st, "Personal data and other findings", lambda: _findings(st, api))


def _section(st: Any, title: str, draw: Callable[[], None]) -> None:
    """A part of the page: one that may not be seen says so, and the others are drawn."""
    st.subheader(title)
    try:
        draw()
    except Refused as refused:
        (st.warning if refused.status in (401, 403, 404) else st.error)(str(refused))


def _health(st: Any, api: Api) -> None:
    found = tables.health(api.get("/v1/providers/status"))
    st.metric("Deployments that are well", f"{found.well} of {len(found.rows)}")
    if found.rows:
        st.dataframe(found.rows, hide_index=True, width="stretch")


def _budgets(st: Any, api: Api) -> None:
    answer = api.get(f"{ADMIN}/budgets/status")
    rows = tables.budgets(answer)
    if not rows:
        st.caption("No budget is in use.")
        return
    for row in rows[:5]:
        said = f"{row['budget']} ({row['about'] or 'all'}): {row['spent']} of {row['limit']} {answer['currency']}"
        st.progress(min(1.0, row["used %"] / 100), said)
    st.dataframe(rows, hide_index=True, width="stretch")


def _costs(st: Any, api: Api, days: int, now: float) -> None:
    since = datetime.fromtimestamp(now - days * DAY_S, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    total = api.get(f"{ADMIN}/usage/dashboard", since=since)["totals"]
    answer = api.get(f"{ADMIN}/usage/timeseries", since=since, grain="day")
    st.metric(
        f"Cost of {days} days", f"{total['cost']} {total['currency']}", f"{total['saved']} saved by the cache", "off"
    )
    st.line_chart(tables.costs(answer), x="at", y=["cost", "saved"])


def _findings(st: Any, api: Api) -> None:
    pages: list[Mapping[str, Any]] = [api.get(f"{ADMIN}/guardrails/findings", limit=PAGE)]
    while pages[-1]["next_cursor"] and len(pages) < PAGES:
        pages.append(api.get(f"{ADMIN}/guardrails/findings", limit=PAGE, cursor=pages[-1]["next_cursor"]))
    rows = tables.found(pages)
    if not rows:
        st.caption("Nothing was found.")
        return
    st.bar_chart(
        {name: [row[name] for row in rows] for name in ("kind", "times", "led to")}, x="kind", y="times", color="led to"
    )
    st.dataframe(rows, hide_index=True, width="stretch")
    if pages[-1]["next_cursor"]:
        st.caption(f"The latest {sum(len(page['items']) for page in pages):,}; there are more.")


if __name__ == "__main__":
    main(read_environment(Path.cwd()), SystemClock().now())
