"""A company that uses the gateway: its owner, people of every role, teams, keys, and a month of requests.

Made through the admin API, the requests written into the database as the recorder writes them. It knows no page.
Called by the fixtures.
"""

from __future__ import annotations

import json
import random
from contextlib import closing
from typing import Any

from tests.control.standing import ADMIN, Said, Standing
from tests.receipts import a_receipt
from torana.core.tickets import Receipt
from torana.sinks import database
from torana.stores import sql

PASSWORD = "a gate of two pillars"
OWNER = "ann@books.test"
ROLES = {
    "manager": ("Ben Carter", "books"),
    "user": ("Chitra Rao", "web-shop"),
    "viewer": ("Grace Okafor", ""),
    "auditor": ("Esra Yilmaz", ""),
}
"""Role → who has it, and their team."""
MODELS = (("fast-one", 150, 600), ("slow-one", 3000, 15_000), ("old-one", 2500, 10_000))
DAY_S = 86_400


class Company:
    """What is there: people by role, keys by name."""

    def __init__(self, gateway: Standing, now: float, requests: int = 600) -> None:
        """``now``: seconds, when the last of ``requests`` ended."""
        self.gateway = gateway
        body = {"name": "Acme Books", "email": OWNER, "password": PASSWORD}
        owner = self._must(gateway.ask("POST", f"{ADMIN}/auth/register", body=body))
        self.token = str(owner["token"])
        self.tenant = str(owner["user"]["tenant"])
        for name in ("Finance", "Engineering"):
            self.make("departments", name=name)
        for name, department in (("Books", "finance"), ("Tax", "finance"), ("Web shop", "engineering")):
            self.make("teams", name=name, department=department)
        self.people = {
            role: self.make("users", name=name, email=f"{role}@books.test", role=role, team=team, password=PASSWORD)
            for role, (name, team) in ROLES.items()
        }
        self.key = self.make("api-keys", name="checkout", team="web-shop", user="", environment="production")
        self._plant(now, requests)

    def make(self, kind: str, **fields: Any) -> dict[str, Any]:
        """One more of a kind, by the owner."""
        return self._must(self.gateway.ask("POST", f"{ADMIN}/{kind}", self.token, fields))

    def call(self, text: str, model: str = "fast-one") -> Said:
        """A chat by the company's key."""
        body = {"model": model, "messages": [{"role": "user", "content": text}], "stream": True}
        return self.gateway.ask("POST", "/v1/chat/completions", str(self.key["secret"]), body)

    def _must(self, said: Said) -> dict[str, Any]:
        assert said.status < 300, (said.status, said.body)
        found: dict[str, Any] = said.body
        return found

    def _plant(self, now: float, count: int) -> None:
        dice = random.Random(5)
        moments = sorted(now - 600 - dice.random() * 30 * DAY_S for _ in range(count))
        rows = [self._receipt(number, at, dice) for number, at in enumerate(moments)]
        url = json.loads(self.gateway.file.read_text())["database_url"]
        with closing(database.open(database.Settings(url=url, spool="planted", time_zone="UTC"), sql.connect)) as sink:
            sink.write(rows, len(rows))

    def _receipt(self, number: int, at: float, dice: random.Random) -> Receipt:
        model, price_in, price_out = dice.choice(MODELS)
        role = dice.choice(("manager", "user"))
        person = self.people[role]
        failed, hit = dice.random() < 0.04, dice.random() < 0.1
        tokens_in, tokens_out = dice.randrange(50, 4000), 0 if failed else dice.randrange(20, 1200)
        cost = 0 if failed else tokens_in * price_in + tokens_out * price_out
        duration = int(dice.lognormvariate(6.8, 0.7))
        return a_receipt(
            number,
            receipt_id=f"rcp-{int(at * 1000):012x}{number:016x}",
            request_id=f"req_planted{number:06d}",
            at=at,
            tenant=self.tenant,
            department=person["department"],
            team=person["team"],
            user=person["id"],
            key_id=self.key["id"],
            model=model,
            upstream_model=model,
            provider="fake",
            input_tokens=tokens_in,
            output_tokens=tokens_out,
            cost_nano=0 if hit else cost,
            saved_nano=cost if hit else 0,
            cache="hit" if hit else "miss",
            priced=True,
            currency="USD",
            status=502 if failed else 200,
            ending="upstream_error" if failed else "completed",
            error_code="UPSTREAM_UNAVAILABLE" if failed else "",
            duration_ms=duration,
            first_chunk_ms=duration * 3 // 10,
            upstream_ms=duration * 28 // 100,
            overhead_us=dice.randrange(180, 900),
            stream=dice.random() < 0.5,
        )
