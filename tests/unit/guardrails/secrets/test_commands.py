from __future__ import annotations

import pytest

from torana.guardrails.secrets import Settings
from torana.guardrails.secrets import open as open_guardrail

GUARD = open_guardrail(Settings())
WORD = "Xk29" + "fLq8"


def found(text: str) -> list[str]:
    return [text[one.start : one.end] for one in GUARD.check(text)]


@pytest.mark.parametrize(
    "text",
    [
        "mysql -u root -p{} orders", "mysqldump --all-databases -h db1 -p'{}'", "sshpass -p {} ssh deploy@host", "sshpass -p '{}' scp a b:",
        'docker login -u ci -p "{}" registry.corp.internal', "redis-cli -h cache -a {} ping", "mongosh db1/orders -u app -p {}",
        "ldapsearch -x -D cn=admin -w {} -b dc=corp", "sqlcmd -S db1 -U sa -P {}", "7z x -p{} backup.7z", "unzip -P {} a.zip",
        "xfreerdp /u:ops /p:{} /v:host",
    ],
)  # fmt: skip
def test_a_password_is_found_behind_the_program_s_own_option(text: str) -> None:
    assert found(text.format(WORD)) == [WORD]


@pytest.mark.parametrize(
    "text",
    [
        "mysql -u root -p orders2024", "mkdir -p build/v2 && cp -p a1b2c3 d", "ssh -p 2222 host1", "docker run -p 8080:80 web1",
        "redis-cli -p 6379 -h c1", "docker login -u ci -p $CI_TOKEN1", "docker login -p <password1>", "mongosh --port 27017 -p",
        "sshpass -p password ssh host1", "zip -9 -r a1.zip b2", "patch -p1 < fix2.diff", "mysql -h db1 | grep -p Xk29fLq8",
    ],
)  # fmt: skip
def test_options_that_mean_something_else_pass(text: str) -> None:
    assert found(text) == []
