"""Capacity in a running process: no more at once than declared, classes by weight, who leaves and who finds it full."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.gateway import CALLER_KEY, Gateway, configuration, model, provider
from tests.e2e.process import until
from tests.e2e.road import straight
from tests.e2e.stand import Stand

pytestmark = straight
BATCH_KEY = "sk-torana-e2e-batch-7Hs2"
QUEUE = {
    "classes": {"interactive": 3, "batch": 1},
    "default": "interactive",
    "most": 4,
    "priorities": [{"scope": "key", "match": "nightly", "priority": "batch"}],
}


@pytest.fixture(scope="module")
def stand() -> Iterator[Stand]:
    found = Stand()
    yield found
    found.close()


@pytest.fixture(scope="module")
def gateway(stand: Stand, room: Path) -> Iterator[Gateway]:
    narrow = {"deployments": [{"provider": "one", "model": "narrow", "capacity": {"concurrency": 1}}]}
    wide = {"deployments": [{"provider": "two", "model": "wide"}]}
    config = configuration(
        [provider("one", stand.origin), provider("two", stand.origin, capacity={"concurrency": 2})],
        [{**model("narrow", "one"), **narrow}, {**model("wide", "two"), **wide}],
        routing={"queue": QUEUE},
    )
    keys: Any = config["keys"]
    keys.append({"name": "nightly", "key": BATCH_KEY, "tenant": "acme"})
    found = Gateway(room / "queues", config)
    yield found
    assert found.process.stop() == 0, found.process.tail()


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as pool:
        yield pool


def connect(gateway: Gateway, wanted: str, said: str, stream: bool = False, key: str = CALLER_KEY) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=30)
    body = {"model": wanted, "messages": [{"role": "user", "content": said}], "stream": stream}
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
    return connection


def ask(
    gateway: Gateway, wanted: str, said: str, stream: bool = False, key: str = CALLER_KEY
) -> http.client.HTTPResponse:
    connection = connect(gateway, wanted, said, stream, key)
    try:
        answer: http.client.HTTPResponse = connection.getresponse()
        answer.body = answer.read()  # type: ignore[attr-defined]
        return answer
    finally:
        connection.close()


def waiting(gateway: Gateway, provider_id: str) -> int:
    found = re.findall(
        rf'^ai_gateway_queue_waiting\{{provider="{provider_id}".*\}} (\d+)$', gateway.get("/metrics"), re.MULTILINE
    )
    return sum(map(int, found))


def words(stand: Stand, wanted: str) -> list[str]:
    return [str(one.json()["messages"][0]["content"]) for one in stand.asked(wanted)]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_no_more_requests_are_upstream_than_the_capacity_and_all_are_answered(
    gateway: Gateway, stand: Stand, threads: ThreadPoolExecutor, stream: bool
) -> None:
    stand.most_held = 0
    before = len(stand.asked("wide"))
    with stand.being(wide="held"):
        answers = [threads.submit(ask, gateway, "wide", "hello", stream) for _ in range(6)]
        assert until(lambda: stand.held == 2 and waiting(gateway, "two") == 4, 20.0)
        stand.let_go(6)
        assert [one.result(20).status for one in answers] == [200] * 6
    assert stand.most_held == 2
    assert len(stand.asked("wide")) - before == 6
    ids = {one.result().headers["x-request-id"] for one in answers}
    found: list[Any] = []

    def there() -> bool:
        found[:] = [one for one in gateway.audit() if one["request_id"] in ids]
        return len(found) == 6

    assert until(there, 20.0)
    assert sorted(one["waited_ms"] > 0 for one in found) == [False] * 2 + [True] * 4
    assert until(lambda: gateway.metric("ai_gateway_capacity_in_use") == 0, 20.0)


def test_classes_get_their_shares_of_what_becomes_free(
    gateway: Gateway, stand: Stand, threads: ThreadPoolExecutor
) -> None:
    before = len(stand.asked("narrow"))
    with stand.being(narrow="held"):
        answers: list[Future[Any]] = [threads.submit(ask, gateway, "narrow", "first")]
        assert until(lambda: stand.held == 1, 20.0)
        for number in range(4):
            for name, key in (("batch", BATCH_KEY), ("interactive", CALLER_KEY)):
                answers.append(threads.submit(ask, gateway, "narrow", f"{name}-{number}", False, key))
                assert until(lambda: waiting(gateway, "one") == len(answers) - 1, 20.0)
        stand.let_go(len(answers))
        assert [one.result(20).status for one in answers] == [200] * 9
    served = words(stand, "narrow")[before + 1 :]
    assert sum(one.startswith("interactive") for one in served[:4]) == 3
    for name in ("batch", "interactive"):
        mine = [one for one in served if one.startswith(name)]
        assert mine == [f"{name}-{number}" for number in range(4)], "a caller's requests keep their order"


def test_a_caller_who_hangs_up_leaves_the_queue_and_is_never_sent(
    gateway: Gateway, stand: Stand, threads: ThreadPoolExecutor
) -> None:
    with stand.being(narrow="held"):
        first = threads.submit(ask, gateway, "narrow", "first")
        assert until(lambda: stand.held == 1, 20.0)
        connection = connect(gateway, "narrow", "gone-before-its-turn")
        assert until(lambda: waiting(gateway, "one") == 1, 20.0)
        connection.close()
        assert until(lambda: waiting(gateway, "one") == 0, 20.0)
        stand.let_go()
        assert first.result(20).status == 200
    assert "gone-before-its-turn" not in words(stand, "narrow")


def test_a_full_queue_answers_503_by_name_with_a_time_to_come_back(
    gateway: Gateway, stand: Stand, threads: ThreadPoolExecutor
) -> None:
    with stand.being(narrow="held"):
        answers = [threads.submit(ask, gateway, "narrow", "first") for _ in range(5)]
        assert until(lambda: stand.held == 1 and waiting(gateway, "one") == 4, 20.0)
        refused = ask(gateway, "narrow", "too many")
        error = json.loads(refused.body)["error"]  # type: ignore[attr-defined]
        assert (refused.status, error["code"]) == (503, "overloaded")
        assert "queue of the class interactive is full" in error["message"]
        assert int(refused.headers["retry-after"]) >= 1
        stand.let_go(5)
        assert [one.result(20).status for one in answers] == [200] * 5


def test_a_configuration_without_the_capacity_lets_those_go_who_wait(
    gateway: Gateway, stand: Stand, threads: ThreadPoolExecutor
) -> None:
    before = gateway.file.read_text()
    with stand.being(narrow="held"):
        answers = [threads.submit(ask, gateway, "narrow", "first") for _ in range(3)]
        assert until(lambda: stand.held == 1 and waiting(gateway, "one") == 2, 20.0)
        config = json.loads(before)
        del config["models"][0]["deployments"][0]["capacity"]
        gateway.file.write_text(json.dumps(config))
        assert until(lambda: stand.held == 3, 20.0)
        stand.let_go(3)
        assert [one.result(20).status for one in answers] == [200] * 3
    gateway.file.write_text(before)
