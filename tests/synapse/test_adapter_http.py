"""What a homeserver, a proxy or a broken line may answer, and which of our errors it becomes."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from helpbot.adapters.matrix.http import Api, AuthNeeded, SoftLoggedOut, seg
from helpbot.ports import HomeserverError, LoggedOut, RateLimited, Refused, Unreachable


@asynccontextmanager
async def answering(status: int, body: object, headers: dict[str, str] | None = None) -> AsyncIterator[Api]:
    async def handler(_: web.Request) -> web.Response:
        if isinstance(body, str):
            return web.Response(status=status, text=body, headers=headers)
        return web.json_response(body, status=status, headers=headers)

    app = web.Application()
    app.router.add_route("*", "/{any:.*}", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    api = Api(f"http://{host}:{port}/")
    try:
        yield api
    finally:
        await api.close()
        await runner.cleanup()


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, {"errcode": "M_UNKNOWN_TOKEN", "error": "x"}, LoggedOut),
        (401, {"errcode": "M_UNKNOWN_TOKEN", "soft_logout": True}, SoftLoggedOut),
        (403, {"errcode": "ORG_MATRIX_EXPIRED_ACCOUNT"}, LoggedOut),
        (403, {"errcode": "M_USER_DEACTIVATED"}, LoggedOut),
        (403, {"errcode": "M_FORBIDDEN", "error": "not in the room"}, Refused),
        (404, {"errcode": "M_NOT_FOUND"}, Refused),
        (413, "<html>too large</html>", Refused),
        (401, {"flows": [], "session": "s"}, AuthNeeded),
        (404, "<html>no such page</html>", Unreachable),
        (502, "<html>bad gateway</html>", Unreachable),
        (500, {"errcode": "M_UNKNOWN"}, Unreachable),
        (200, "<html>a captive portal</html>", Unreachable),
        (200, ["a", "list"], Unreachable),
        (400, {"errcode": 7, "error": {"odd": 1}}, Refused),
    ],
)
async def test_errors(status: int, body: object, error: type[HomeserverError]) -> None:
    async with answering(status, body) as api:
        with pytest.raises(error) as caught:
            await api.get("v3/sync")
    assert type(caught.value) is error


async def test_a_refused_login_is_final() -> None:
    async with answering(403, {"errcode": "M_FORBIDDEN", "error": "Invalid username or password"}) as api:
        with pytest.raises(LoggedOut, match="check user_id and password"):
            await api.post("v3/login", {})


@pytest.mark.parametrize(
    ("body", "headers", "wait"),
    [
        ({"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 1234}, {}, 1234),
        ({"errcode": "M_LIMIT_EXCEEDED"}, {"Retry-After": "7"}, 7000),
        ("<html>slow down</html>", {}, 5000),
        ({"retry_after_ms": -1}, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, 5000),
    ],
)
async def test_the_wait_that_is_asked_for(body: object, headers: dict[str, str], wait: int) -> None:
    async with answering(429, body, headers) as api:
        with pytest.raises(RateLimited) as caught:
            await api.get("v3/sync")
    assert caught.value.retry_after_ms == wait


async def test_nobody_there() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    api = Api(f"http://127.0.0.1:{port}")
    with pytest.raises(Unreachable):
        await api.get("v3/sync")
    await api.close()


async def test_a_line_cut_half_way() -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
        writer.close()

    server = await asyncio.start_server(cut, "127.0.0.1", 0)
    api = Api(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    with pytest.raises(Unreachable):
        await api.put("v3/rooms/x/send/y/z", {"lone": "\ud800"})
    await api.close()
    server.close()
    await server.wait_closed()


def test_segments_are_quoted_whole() -> None:
    assert seg("!a/b?c#d:é") == "%21a%2Fb%3Fc%23d%3A%C3%A9"
