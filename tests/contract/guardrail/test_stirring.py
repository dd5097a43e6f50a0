"""What a guardrail says stirs before anything can be found: nothing is found where nothing stirs, wherever a stream is cut."""

from __future__ import annotations

import json
import re
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.guardrail.stand_ins import opened
from tests.contract.guardrail.test_held_back import AROUND, INSTANT
from tests.contract.guardrail.test_in_bodies import OWN, event, grant, room
from tests.line.world import ScriptedSource, World, model
from torana.core.call import Ask, Chunk, Prompt, Reply
from torana.core.errors import GatewayError
from torana.core.tickets import Attempt
from torana.guardrails.secrets import issuers
from torana.ports.guardrail import STIRRED
from torana.scan.stirring import Stirring

STIRRING = [one for one in INSTANT if hasattr(opened(one), "stirs")]
EACH = pytest.mark.parametrize("module", STIRRING, ids=lambda module: module.__name__.rpartition(".")[2])
CATCHES = pytest.mark.parametrize(
    ("module", "sample"),
    [pytest.param(one, text, id=text[:30]) for one in STIRRING for text in one.MUST_CATCH],
)
PROSE = "The ship left the harbour at dawn and the crew waved to those who had stayed behind on the quay. "


def stirs(module: ModuleType, text: str) -> bool:
    said: Any = opened(module)
    return Stirring(said.stirs).anywhere(text)


def test_there_are_some() -> None:
    assert STIRRING


@EACH
def test_it_is_narrow(module: ModuleType) -> None:
    said: Any = opened(module)
    assert re._parser.parse(said.stirs).getwidth()[1] <= STIRRED  # type: ignore[attr-defined]
    assert len(said.stirs) < 1000


@EACH
def test_it_matches_no_white_space(module: ModuleType) -> None:
    said: Any = opened(module)
    one = re.compile(said.stirs)
    for sample in module.MUST_CATCH:
        assert not [found for found in one.finditer(sample) if re.search(r"\s", found.group())]
    assert not one.search(" \t\n\r\x0b\x0c" * 40)
    assert not re.search(r"\\[sSDW]|\[\^|[ .](?![-)])", re.sub(r"\[[^]^][^]]*\]", "", said.stirs))


@EACH
def test_prose_is_calm(module: ModuleType) -> None:
    assert not stirs(module, PROSE)


@CATCHES
@given(before=AROUND, after=AROUND)
@settings(max_examples=5)
def test_whatever_is_found_it_stirs(module: ModuleType, sample: str, before: str, after: str) -> None:
    text = before + sample + after
    assert stirs(module, text) or not opened(module).check(text)


@pytest.mark.parametrize("pattern", issuers.load().patterns, ids=lambda pattern: pattern[:30])
@given(data=st.data())
@settings(max_examples=5)
def test_whatever_an_issuer_gave_out_stirs(pattern: str, data: st.DataObject) -> None:
    module = next(one for one in STIRRING if one.__name__.endswith("secrets"))
    assert stirs(
        module, data.draw(st.from_regex(re.compile(pattern, re.ASCII), alphabet=st.characters(max_codepoint=126)))
    )


ALONE = {
    "pass": "pass: tr0ub4dor&3",
    "pwd": "pwd = 'tr0ub4dor&3'",
    "secret": 'secret = "q8Zt4Lm2Xv7R"',
    "token": 'token = "q8Zt4Lm2Xv7R"',
    "key": 'signing_key = "q8Zt4Lm2Xv7Rb1"',
    "auth": 'auth = "q8Zt4Lm2Xv7Rb1"',
    "cred": 'cred = "q8Zt4Lm2Xv7Rb1"',
    "login": "login is q8Zt4Lm2Xv7R",
    "bearer": "Bearer q8Zt4Lm2Xv7Rb1Nc",
    "curl": "curl -u ci:Xk29fLq8 x",
    "mysql": "mysql -u root -pXk29fLq8",
    "mariadb": "mariadb -u root -pXk29fLq8",
    "redis-cli": "redis-cli -a Xk29fLq8",
    "mongo": "mongodump -p Xk29fLq8",
    "ldap": "ldapsearch -w Xk29fLq8",
    "sqlcmd": "sqlcmd -P Xk29fLq8",
    "bcp": "bcp -P Xk29fLq8",
    "cqlsh": "cqlsh -p Xk29fLq8",
    "7z": "7za -pXk29fLq8",
    "zip": "unzip -P Xk29fLq8",
    "xfreerdp": "xfreerdp /p:Xk29fLq8",
    "://": "db://b:c3Qx9z@hq",
    "AKC": "AKCp8jQz7Xv2Rb",
    "xox": "xoxb-1234q8Zt4Lm",
}
"""A secret for each sign of the pattern of secrets, in which no other sign of it stands."""


@pytest.mark.parametrize("sign", ALONE)
def test_each_sign_of_a_secret_is_needed(sign: str) -> None:
    module = next(one for one in STIRRING if one.__name__.endswith("secrets"))
    said: Any = opened(module)
    others = "|".join(one for one in re.split(r"\||\(\?i:|\)", said.stirs) if one and one != sign)
    assert said.check(ALONE[sign])
    assert stirs(module, ALONE[sign])
    assert not re.search(others, ALONE[sign], re.IGNORECASE)


@CATCHES
@pytest.mark.parametrize("step", [1, 2, 3, 5, 8])
async def test_behind_calm_prose_no_part_leaves_however_small_the_pieces(
    module: ModuleType, sample: str, step: int
) -> None:
    assert module in OWN
    whole = f"{PROSE * 3}So: {sample} and on it goes, as text does. {PROSE * 8}"
    found = opened(module).check(whole)
    if not found:
        pytest.skip("it is caught alone only")
    first, heard = min(one.start for one in found), ""
    chunks = [Chunk(event(whole[place : place + step])) for place in range(0, len(whole), step)]
    reply = Reply(Attempt(model().deployments[0], 1), 200, "openai_chat", True, ScriptedSource(chunks))
    prompt = Prompt(World().call(ask=Ask("m", stream=True)), "m", b"{}")
    out = await room(module).outbound(grant("output"), prompt, reply)
    with pytest.raises(GatewayError):
        async for chunk in out.source:
            heard += json.loads(chunk.wire[6:])["choices"][0]["delta"]["content"]
    assert len(heard) <= first
    assert whole.startswith(heard)
