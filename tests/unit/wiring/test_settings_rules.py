"""``limits``, ``budgets``, ``guardrails`` and ``cache``: the defaults that the specification gives."""

from torana.wiring.settings_rules import Cache, Guardrail, Limit


def test_defaults_are_those_specified() -> None:
    assert (Limit(scope="key").algorithm, Limit(scope="key").on_store_failure) == ("sliding_window", "local")
    cache = Cache()
    assert (cache.exact.enabled, cache.semantic.enabled, cache.semantic.similarity) == (False, False, 0.92)


def test_the_kind_of_a_guardrail_is_its_id_unless_said() -> None:
    assert Guardrail(id="pii").plugin == "pii"
    assert Guardrail(id="names", kind="pii").plugin == "pii"
