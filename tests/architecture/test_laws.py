"""Files, functions and parameters keep their size; what exceeds it is a listed debt that may only shrink."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tests.architecture.house import debts, module, modules
from tests.architecture.laws import LAWS, Breach


def judge(breaches: Iterable[Breach], listed: Iterable[dict[str, object]]) -> list[str]:
    """What is wrong: new breaches, debts that grew, debts that were paid and are still listed."""
    owed = {(str(debt["law"]), str(debt["place"])): debt for debt in listed}
    found = {(breach.law, breach.place): breach.measure for breach in breaches}
    wrong = []
    for key, measure in found.items():
        if key not in owed:
            wrong.append(f"new: {key[0]} {key[1]} = {measure}")
        elif measure > int(str(owed[key]["measure"])):
            wrong.append(f"grew: {key[0]} {key[1]} from {owed[key]['measure']} to {measure}")
        elif measure < int(str(owed[key]["measure"])):
            wrong.append(f"shrank: set the debt {key[0]} {key[1]} to {measure}")
    wrong += [f"paid: take {key[0]} {key[1]} off the list" for key in owed if key not in found]
    return sorted(wrong)


def listed() -> list[dict[str, object]]:
    """Debts, and the task runners that may catch everything, which are no debts and stay."""
    runners = [{"law": "broad_excepts", "measure": 1, **runner} for runner in debts().get("runner", [])]
    return [*map(dict, debts().get("debt", [])), *runners]


def test_every_breach_of_a_law_is_a_listed_debt_of_the_same_size() -> None:
    breaches = [breach for source in modules() for law in LAWS for breach in law(source)]
    assert judge(breaches, listed()) == []


def test_every_debt_has_an_owner_and_a_reason() -> None:
    for debt in listed():
        assert debt["owner"], debt
        assert len(str(debt["reason"]).split()) >= 4, debt


def test_a_debt_that_grows_or_is_paid_or_shrinks_fails() -> None:
    listed = [{"law": "file_lines", "place": "a.py", "measure": 410}]
    assert judge([Breach("file_lines", "a.py", 410)], listed) == []
    assert judge([Breach("file_lines", "a.py", 411)], listed) == ["grew: file_lines a.py from 410 to 411"]
    assert judge([Breach("file_lines", "a.py", 405)], listed) == ["shrank: set the debt file_lines a.py to 405"]
    assert judge([], listed) == ["paid: take file_lines a.py off the list"]
    assert judge([Breach("file_lines", "b.py", 401)], []) == ["new: file_lines b.py = 401"]


SWALLOWED = "try:\n    pass\nexcept Exception:{reason}\n    pass\n"

PLANTED = [
    ("line/long.py", "\n" * 401, "file_lines"),
    ("line/answer.py", '"""Doc."""\nimport a\n\n\ndef answer():\n' + "    step()\n" * 40, "file_lines"),
    ("line/long.py", "def f():\n" + "    step()\n" * 60, "function_lines"),
    ("line/long.py", "class C:\n    async def f(self):\n" + "        step()\n" * 60, "function_lines"),
    ("line/wide.py", "def f(a, b, c, d, e, f, *, g): ...", "parameters"),
    ("line/utils.py", "", "drawer_names"),
    ("control/services/routes.py", "", "drawer_names"),
    ("line/inner.py", "def f():\n    import json\n", "inner_imports"),
    ("line/inner.py", "def f():\n    if True:\n        from json import loads\n", "inner_imports"),
    ("line/state.py", "N = 0\ndef f():\n    global N\n    N = 1\n", "globals_used"),
    ("line/broad.py", SWALLOWED.format(reason=""), "broad_excepts"),
    ("line/broad.py", "def f():\n    try:\n        pass\n    except:\n        pass\n", "broad_excepts"),
    (
        "line/broad.py",
        "def f():\n    try:\n        pass\n    except (OSError, BaseException):\n        x()\n",
        "broad_excepts",
    ),
    ("edge/broad.py", SWALLOWED.format(reason="  # noqa: BLE001"), "reasonless_excepts"),
    ("line/tasks.py", "def f(loop):\n    loop.create_task(g())\n", "untracked_tasks"),
]


@pytest.mark.parametrize(
    ("name", "text", "law"), [pytest.param(*case, id=f"{case[2]}-{i}") for i, case in enumerate(PLANTED)]
)
def test_a_planted_breach_is_caught_by_its_law(name: str, text: str, law: str) -> None:
    source = module(name, text)
    assert law in {breach.law for judged in LAWS for breach in judged(source)}


ALLOWED = [
    ("line/fine.py", "\n" * 400),
    ("line/fine.py", "def f():\n" + "    step()\n" * 59),
    ("line/fine.py", 'def f():\n    """' + "words\n" * 70 + '"""\n    step()\n'),
    ("line/fine.py", "class C:\n    def f(self, a, b, c, d, e, f): ...\n"),
    (
        "line/fine.py",
        "def f(h):\n    try:\n        pass\n    except BaseException:\n        h.close()\n        raise\n",
    ),
    ("wiring/find.py", "def f():\n    import json\n"),
    ("edge/fine.py", SWALLOWED.format(reason="  # the last line of defence")),
]


@pytest.mark.parametrize(("name", "text"), ALLOWED)
def test_what_the_laws_allow_is_no_breach(name: str, text: str) -> None:
    assert [breach for law in LAWS for breach in law(module(name, text))] == []
