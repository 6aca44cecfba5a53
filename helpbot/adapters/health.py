"""Whether the bot serves, and its figures, over HTTP: for a supervisor and for Prometheus.

Imported only where `metrics.listen` is set: the server part of aiohttp costs memory. No name, no id and no
text leave through here, so that whoever may reach the address learns nothing about a person.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

log = logging.getLogger("helpbot.health")

_TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8"
_CLOSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the bot serves now, and what to tell about it."""

    ok: bool
    told: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure, or one for each value of a label."""

    name: str
    meaning: str
    values: Mapping[str, float] = field(default_factory=dict)
    """Value of the label → figure; the only key is empty where there is no label."""
    label: str = ""
    counter: bool = False

    def lines(self) -> Iterator[str]:
        """Give its lines in Prometheus's text format."""
        yield f"# HELP {self.name} {_escaped(self.meaning)}"
        yield f"# TYPE {self.name} {'counter' if self.counter else 'gauge'}"
        for value, figure in self.values.items():
            labels = f'{{{self.label}="{_escaped(value)}"}}' if self.label else ""
            yield f"{self.name}{labels} {figure:.16g}"


def gauge(name: str, meaning: str, figure: float) -> Metric:
    """Return a figure that goes up and down."""
    return Metric(name, meaning, {"": figure})


def counter(name: str, meaning: str, figure: float) -> Metric:
    """Return a figure that only goes up while the process lives."""
    return Metric(name, meaning, {"": figure}, counter=True)


class HealthServer:
    """`/health` and `/metrics` on one address. `start` it, and `close` it in the end."""

    def __init__(self, health: Callable[[], Health], metrics: Callable[[], Awaitable[list[Metric]]]) -> None:
        self._health = health
        self._metrics = metrics
        app = web.Application()
        app.router.add_get("/health", self._get_health)
        app.router.add_get("/metrics", self._get_metrics)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_CLOSE_SECONDS)
        self.url = ""

    async def start(self, listen: str) -> None:
        """Listen on `host:port`; port 0 takes a free one. Raises `OSError` when that cannot be."""
        host, _, port = listen.rpartition(":")
        await self._runner.setup()
        await web.TCPSite(self._runner, host.strip("[]"), int(port)).start()
        bound = self._runner.addresses[0]
        name = f"[{bound[0]}]" if ":" in bound[0] else bound[0]
        self.url = f"http://{name}:{bound[1]}"
        log.info("health and metrics are served", extra={"url": self.url})

    async def close(self) -> None:
        """Stop listening, requests in hand included."""
        await self._runner.cleanup()

    async def _get_health(self, _request: web.Request) -> web.Response:
        health = self._health()
        return web.json_response(dict(health.told), status=200 if health.ok else 503)

    async def _get_metrics(self, _request: web.Request) -> web.Response:
        lines = [line for metric in await self._metrics() for line in metric.lines()]
        text = "\n".join([*lines, ""])
        return web.Response(body=text.encode(), headers={"Content-Type": _TEXT_FORMAT})


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
