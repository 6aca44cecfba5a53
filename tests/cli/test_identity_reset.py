"""`helpbot identity reset` where accounts are kept elsewhere: a person approves at an address."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from click.testing import CliRunner, Result

from helpbot.cli import main

USER = "@helpbot:test.local"
URL = "https://comptes.exemple.fr/account/?action=org.matrix.cross_signing_reset"


class Delegated:
    """A homeserver whose accounts are kept elsewhere; once asked, a person there `approves` or not."""

    def __init__(self, *, approves: bool = True) -> None:
        self.approves = approves
        self.uploads: list[dict[str, Any]] = []
        self.stored: dict[str, Any] = {}

    async def handle(self, request: web.Request) -> web.Response:
        path = request.path.removeprefix("/_matrix/client/v3/")
        body = await request.json() if request.can_read_body else {}
        if path == "login":
            return web.json_response({"user_id": USER, "device_id": "D", "access_token": "t"})
        if path == "keys/device_signing/upload":
            self.uploads.append(body)
            if len(self.uploads) == 1 or not self.approves:
                params = {"m.oauth": {"url": URL}}
                flows = [{"stages": ["m.oauth"]}]
                refusal = {"session": "dummy", "flows": flows, "params": params, "msg": "approve it"}
                return web.json_response(refusal, status=401)
        if "/account_data/" in path:
            name = path.rpartition("/")[2]
            if request.method == "PUT":
                self.stored[name] = body
            elif name not in self.stored:
                return web.json_response({"errcode": "M_NOT_FOUND", "error": "no"}, status=404)
            return web.json_response(self.stored[name])
        return web.json_response({})


def reset(folder: Path, server: Delegated, *, typed: str) -> Result:
    """Run the verb on a loop of its own thread, the server on ours."""

    async def both() -> Result:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", server.handle)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            port = runner.addresses[0][1]
            config = folder / "config.yaml"
            config.write_text(
                f"matrix: {{homeserver: 'http://127.0.0.1:{port}', user_id: '{USER}', password: secret,"
                " recovery_key_file: recovery.key}\n"
            )
            args = ["identity", "reset", "-c", str(config)]
            return await asyncio.to_thread(CliRunner().invoke, main, args, input=typed)
        finally:
            await runner.cleanup()

    return asyncio.run(both())


def test_nothing_is_done_without_a_yes(tmp_path: Path) -> None:
    server = Delegated()
    result = reset(tmp_path, server, typed="n\n")
    assert result.exit_code == 1
    assert "rien n'a été fait" in result.stderr
    assert server.uploads == []
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("approved", [True, False])
def test_the_address_to_approve_at_is_shown(tmp_path: Path, approved: bool) -> None:
    server = Delegated(approves=approved)
    result = reset(tmp_path, server, typed="y\n\n")
    assert URL in result.stderr
    data = tmp_path / "data"
    if not approved:
        assert result.exit_code == 1
        assert f"approve it at {URL}" in result.stderr
        assert not (data / "identity.json").exists()
        return
    assert result.exit_code == 0, result.output
    assert [upload.get("auth") for upload in server.uploads] == [None, {"session": "dummy"}]
    kept = json.loads((data / "identity.json").read_text())
    assert kept["user_id"] == USER
    assert not (data / "identity.next.json").exists()
    assert "clé de récupération écrite dans" in result.stdout
    assert (tmp_path / "recovery.key").stat().st_mode & 0o777 == 0o600
    assert set(server.stored) >= {"m.secret_storage.default_key", "m.cross_signing.master"}
