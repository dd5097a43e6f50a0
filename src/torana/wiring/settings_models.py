"""Settings of whom we call: providers, models with their deployments and prices, routing.

What a kind of provider takes beside these is its plug-in's own ``Settings``. Part of ``settings.Settings``.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from torana.core.secret import Secret
from torana.wiring.settings_forms import Name, Seconds, Texts, says
from torana.wiring.settings_prices import Prices
from torana.wiring.settings_queue import Capacity, Queue


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of ``networks``: a way out of the house that providers name. Certificates are always verified."""

    proxy: Annotated[Secret | None, says("`http://host:port` of an HTTP proxy; it may hold a user and password")] = None
    ca_file: Annotated[str | None, says("PEM file of authorities, trusted instead of the system's")] = None
    client_cert_file: Annotated[str | None, says("PEM file of a client certificate with its chain")] = None
    client_key_file: Annotated[str | None, says("PEM file of its key; null: in `client_cert_file`")] = None


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """``routing.probe``, and ``probe`` of a provider: asking whether it is there, apart from all requests."""

    enabled: Annotated[bool, says("whether it is asked; `false` at a provider leaves it out")] = True
    interval_s: Annotated[Seconds, says("seconds from one question to the next, give or take a fifth")] = 30.0
    timeout_s: Annotated[Seconds, says("seconds for one answer")] = 5.0
    failures: Annotated[int, says("questions in a row without an answer after which it is down", ge=1, le=100)] = 2


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """One row of ``providers``."""

    id: Annotated[Name, says("id, unique; deployments name it")]
    kind: Annotated[Name, says("a file in `providers/` or a row of its catalogue")]
    passthrough: Annotated[
        bool, says("whether `/passthrough/{id}/…` leads to it, for keys with the permission `passthrough.use`")
    ] = False
    probe: Annotated[Probe | None, says("how it is asked whether it is there; null: as `routing.probe` says")] = None
    capacity: Annotated[
        Capacity | None, says("what all its deployments take together that have no `capacity`; null: what comes")
    ] = None
    tenant: Annotated[str, says("whose it is: only this tenant sees and uses it; empty: everybody's")] = ""
    settings: Annotated[
        Any, says("the kind's own settings, such as `base_url`, `credentials`, `timeout_s`", form="rest")
    ] = None
    """The plug-in's Settings, filled from the other keys of the row over those of the catalogue."""


class Deployment(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a model's ``deployments``."""

    provider: Annotated[Name, says("id of a provider")]
    model: Annotated[Name, says("the model's name there")]
    weight: Annotated[int, says("share among deployments of one priority", ge=0, le=1_000_000)] = 1
    priority: Annotated[
        int | None, says("lower is tried first; null: by `provider_priority`, else 1", ge=0, le=1_000_000)
    ] = None
    region: Annotated[str, says("where it runs")] = ""
    prices: Annotated[Prices | None, says("what it costs here; null: the model's `prices`, else the catalogue's")] = (
        None
    )
    priced_as: Annotated[
        str | None, says("the model's name in the price catalogue, where `model` is a name of your own; null: `model`")
    ] = None
    capabilities: Annotated[
        Texts | None, says("what requests may use here; null: what both provider and model declare")
    ] = None
    context_tokens: Annotated[int | None, says("as of the model; null: the model's", ge=1)] = None
    capacity: Annotated[Capacity | None, says("what it takes; null: its share of its provider's")] = None
    when: Annotated[
        dict[str, str],
        says("requests it is for: `metadata.NAME` of the key, `header.NAME`, `caller.team` … to a value, or `begin*`"),
    ] = {}


class Canary(Deployment, frozen=True, kw_only=True):
    """``canary`` of a model: a deployment on trial, with all that a deployment has."""

    percent: Annotated[float, says("share of the model's requests that go to it first", ge=0, le=100)]
    sticky: Annotated[
        bool, says("the same conversations, users and keys get it each time; else it is drawn for each request")
    ] = True


class Shadow(Deployment, frozen=True, kw_only=True):
    """``shadow`` of a model: a deployment that gets copies of requests and whose answers nobody gets."""

    percent: Annotated[float, says("share of the model's answered requests that are copied to it", ge=0, le=100)]
    deadline_s: Annotated[Seconds, says("seconds for one whole answer of it")] = 60.0
    at_once: Annotated[int, says("copies at the same time in one process; more are not made", ge=1, le=1_000)] = 4


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """One row of ``models``."""

    name: Annotated[Name, says("what applications ask for, unique")]
    deployments: Annotated[tuple[Deployment, ...], says("where it is served", min_length=1)]
    strategy: Annotated[Name, says("a file in `strategies/`")] = "priority"
    fallbacks: Annotated[Texts, says("models tried when all deployments failed")] = ()
    context_window_fallbacks: Annotated[Texts, says("models tried when the prompt is too long for this one")] = ()
    content_policy_fallbacks: Annotated[Texts, says("models tried when a provider's content policy refuses")] = ()
    canary: Annotated[Canary | None, says("a deployment on trial that answers a share of the requests")] = None
    shadow: Annotated[Shadow | None, says("a deployment that gets copies of a share of the requests")] = None
    prices: Annotated[Prices | None, says("null: from the catalogue")] = None
    capabilities: Annotated[Texts, says("what it can do: tools, vision, audio, json_schema …")] = ()
    context_tokens: Annotated[int | None, says("largest prompt and answer together, in tokens", ge=1)] = None
    max_output_tokens: Annotated[int | None, says("longest answer, in tokens", ge=1)] = None
    tenant: Annotated[str, says("whose it is: only this tenant sees and uses it; empty: everybody's")] = ""


class Breaker(msgspec.Struct, frozen=True, kw_only=True):
    """``routing.breaker``."""

    failures: Annotated[int, says("failures in a row that open it", ge=1, le=1_000)] = 5
    window_s: Annotated[Seconds, says("seconds in which they are counted")] = 30.0
    open_s: Annotated[Seconds, says("seconds it stays open; then one request probes")] = 30.0


class Hedge(msgspec.Struct, frozen=True, kw_only=True):
    """``routing.hedge``."""

    after_p95: Annotated[bool, says("after the time in which 95 % of the first one's latest answers had begun")] = False
    after_ms: Annotated[int | None, says("after so many milliseconds", ge=1, le=600_000)] = None


class Routing(msgspec.Struct, frozen=True, kw_only=True):
    """``routing``."""

    retries: Annotated[int, says("further tries of one deployment", ge=0, le=10)] = 2
    deadline_s: Annotated[Seconds, says("seconds to the first content, all tries together")] = 60.0
    breaker: Annotated[Breaker | None, says("when a failing deployment rests; null: never")] = Breaker()
    inject: Annotated[
        bool, says("whether `x-torana-inject` of keys with the permission `routing.inject` makes tries fail")
    ] = False
    probe: Annotated[
        Probe | None, says("ask every provider that can be asked whether it is there; null: those with a `probe` alone")
    ] = None
    hedge: Annotated[Hedge | None, says("ask a second deployment too when the first is slow; null: never")] = None
    queue: Annotated[Queue, says("how requests wait for what is at its `capacity`")] = Queue()
