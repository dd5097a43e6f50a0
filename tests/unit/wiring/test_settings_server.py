"""``server``, ``audit`` and ``telemetry``: the defaults that the specification gives."""

from torana.wiring.settings_server import Audit, Server, Telemetry


def test_defaults_are_those_specified() -> None:
    server = Server()
    assert (server.host, server.port, server.metrics_port, server.max_body_mb) == ("127.0.0.1", 8000, None, 32)
    assert (server.cors_origins, server.drain_s, server.tls, server.behind_proxy) == ((), 30.0, None, False)
    assert (Audit().retention_days, Audit().sinks, Telemetry().metrics, Telemetry().otlp_endpoint) == (
        30,
        (),
        True,
        None,
    )
