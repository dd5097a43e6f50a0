"""A company that uses the gateway: its owner, people of every role, teams, keys, and a month of 100,000 requests.

Made through the admin API, the requests written into the database as the recorder writes them. It knows no page.
Called by the fixtures.
"""

from __future__ import annotations

import json
import random
import time
from contextlib import closing
from typing import Any

from tests.control.standing import ADMIN, Said, Standing
from tests.receipts import a_receipt
from torana.ports.receipt import Receipt
from torana.sinks import database
from torana.stores import sql

PASSWORD = "a gate of two pillars"
OWNER = "ann@books.test"
"""Who registers first runs the installation, and so has every permission."""
HEAD = "olga@books.test"
"""The manager of a whole department, the manager of ROLES being one of a team."""
ROLES = {
    "admin": ("Dina Weiss", ""),
    "manager": ("Ben Carter", "books"),
    "user": ("Chitra Rao", "web-shop"),
    "viewer": ("Grace Okafor", ""),
    "auditor": ("Esra Yilmaz", ""),
}
"""Role → who has it, and their team. Their address is `address_of(role)`."""
MODELS = (("fast-one", 150, 600), ("slow-one", 3000, 15_000), ("old-one", 2500, 10_000))
COLLEAGUES = (("Hana Sato", "books"), ("Ivo Novak", "tax"), ("Jonas Berg", "web-shop"), ("Kavya Iyer", "web-shop"),
              ("Lena Fischer", "tax"), ("Mateo Ruiz", "books"))  # fmt: skip
"""More people who ask, without an account of their own to sign in with."""
REQUESTS = 100_000
FEW = 10_000
"""For tests of a page or two, each of whose workers would write all of them."""
BATCH = 10_000
DAYS = 30
TOKEN_S = 600
DAY_S = 86_400


def address_of(role: str) -> str:
    """Where somebody of this role gets their letters."""
    return f"{role}@books.test"


class Company:
    """What is there: people by role, keys by name."""

    def __init__(self, gateway: Standing, now: float, requests: int = REQUESTS) -> None:
        """``now``: seconds, when the last of ``requests`` ended."""
        self.gateway = gateway
        body = {"name": "Acme Books", "email": OWNER, "password": PASSWORD}
        owner = self._must(gateway.ask("POST", f"{ADMIN}/auth/register", body=body))
        self._token, self._until = str(owner["token"]), time.monotonic() + TOKEN_S
        self.tenant = str(owner["user"]["tenant"])
        for name in ("Finance", "Engineering"):
            self.make("departments", name=name)
        for name, department in (("Books", "finance"), ("Tax", "finance"), ("Web shop", "engineering")):
            self.make("teams", name=name, department=department)
        self.people = {
            role: self.make("users", name=name, email=address_of(role), role=role, team=team, password=PASSWORD)
            for role, (name, team) in ROLES.items()
        }
        self.make("users", name="Olga Brandt", email=HEAD, role="manager", department="finance", password=PASSWORD)
        colleagues = [
            self.make("users", name=name, email=f"{name.split()[0].lower()}@books.test", role="user", team=team)
            for name, team in COLLEAGUES
        ]
        self.askers = [self.people["manager"], self.people["user"], *colleagues]
        self.key = self.make("api-keys", name="checkout", team="web-shop", user="", environment="production")
        self._plant(now, requests)

    @property
    def token(self) -> str:
        """The owner's. One lasts a quarter of an hour, a test run may be longer."""
        if time.monotonic() > self._until:
            self._token, self._until = self.token_of(OWNER), time.monotonic() + TOKEN_S
        return self._token

    def token_of(self, email: str) -> str:
        """A fresh one of anybody's."""
        said = self.gateway.ask("POST", f"{ADMIN}/auth/login", body={"email": email, "password": PASSWORD})
        return str(self._must(said)["access_token"])

    def make(self, kind: str, **fields: Any) -> dict[str, Any]:
        """One more of a kind, by the owner."""
        return self.made(kind, fields)

    def made(self, kind: str, fields: dict[str, Any]) -> dict[str, Any]:
        """The same, for fields of any name."""
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
        moments = sorted(self._moment(now, dice) for _ in range(count))
        url = json.loads(self.gateway.file.read_text())["database_url"]
        settings = database.Settings(url=url, spool="planted", time_zone="UTC")
        with closing(database.open(settings, sql.connect)) as sink:
            for begin in range(0, count, BATCH):
                rows = [self._receipt(begin + n, at, dice) for n, at in enumerate(moments[begin : begin + BATCH])]
                sink.write(rows, begin + len(rows))

    def _moment(self, now: float, dice: random.Random) -> float:
        """Within the last month, by day rather than by night, and less at weekends."""
        while True:
            day = int(now // DAY_S) - dice.randrange(DAYS)
            at = day * DAY_S + dice.triangular(6, 22, 14) * 3600
            if at < now - 600 and ((day + 3) % 7 < 5 or dice.random() < 0.3):
                return at

    def _receipt(self, number: int, at: float, dice: random.Random) -> Receipt:
        model, price_in, price_out = dice.choice(MODELS)
        person = dice.choice(self.askers)
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
