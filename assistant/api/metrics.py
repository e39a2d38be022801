"""Figures for Prometheus: requests, tokens, turns and their stages, and the machine's own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.events import Event, TurnFinished

STAGE_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
REQUEST_SECONDS = (0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 300)


class Metrics:
    """One registry, no globals. ``machine`` gives the gauges of the moment by name."""

    def __init__(self, machine: Callable[[], dict[str, float]]) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        self.requests = Counter(
            "assistant_http_requests", "HTTP requests", ("route", "method", "status"), registry=self.registry
        )
        self.request_s = Histogram(
            "assistant_http_request_seconds", "Time to the end of an answer", ("route",), buckets=REQUEST_SECONDS,
            registry=self.registry,
        )  # fmt: skip
        self.turns = Counter(
            "assistant_turns", "Turns by what answered them", ("route", "source", "failed"), registry=self.registry
        )
        self.stage_s = Histogram(
            "assistant_turn_stage_seconds", "Time of a turn's stages", ("stage",), buckets=STAGE_SECONDS,
            registry=self.registry,
        )  # fmt: skip
        self.waiting = Gauge(
            "assistant_text_waiting", "Requests that wait for the language model", registry=self.registry
        )
        self.running = Gauge("assistant_text_running", "Answers being generated", registry=self.registry)
        self.registry.register(_Machine(machine))

    def follow(self, waiting: Callable[[], float], running: Callable[[], float]) -> None:
        """Where the queue's figures come from."""
        self.waiting.set_function(waiting)
        self.running.set_function(running)

    def on_event(self, event: Event) -> None:
        """Count a turn that is over."""
        if isinstance(event, TurnFinished):
            result, source = event.record.result, event.record.source.partition(":")[0]
            self.turns.labels(result.route, source, "yes" if result.error else "no").inc()
            for stage, ms in result.ms.items():
                self.stage_s.labels(stage).observe(ms / 1000)

    def text(self) -> bytes:
        """Prometheus' text format."""
        return generate_latest(self.registry)


class _Machine(Collector):
    def __init__(self, machine: Callable[[], dict[str, float]]) -> None:
        self._machine = machine

    def collect(self) -> Iterator[Metric]:
        for name, value in self._machine().items():
            yield GaugeMetricFamily(f"assistant_{name}", name.replace("_", " "), value=value)


class Counting:
    """Counts requests by the route that took them, so that foreign paths make no series of their own."""

    def __init__(self, app: ASGIApp, metrics: Metrics, routes: list[Route]) -> None:
        self._app = app
        self._metrics = metrics
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        status = "aborted"

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            route = next((r.path for r in self._routes if r.matches(scope)[0] is not Match.NONE), "other")
            self._metrics.requests.labels(route, scope["method"] if route != "other" else "any", status).inc()
            self._metrics.request_s.labels(route).observe(time.perf_counter() - begun)
