"""``providers``, ``models`` and ``routing``: the defaults that the specification gives."""

from torana.wiring.settings_models import Breaker, Deployment, Model, Routing


def test_defaults_are_those_specified() -> None:
    model = Model(name="m", deployments=(Deployment(provider="p", model="m"),))
    assert (model.strategy, model.fallbacks, model.prices, model.capabilities) == ("priority", (), None, ())
    assert (model.deployments[0].weight, model.deployments[0].priority) == (1, None)
    routing = Routing()
    assert (routing.retries, routing.deadline_s, routing.hedge) == (2, 60.0, None)
    assert routing.breaker == Breaker()
    assert (Breaker().failures, Breaker().window_s, Breaker().open_s) == (5, 30.0, 30.0)
