"""A real Synapse on loopback, for tests and for the demo: started in seconds, gone when its parent is.

It talks to nobody: no federation, no statistics, no key servers, no previews.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import http.client
import importlib.util
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import quote

import yaml

# The child reads its standard input, a pipe that only we hold open: when we die, however suddenly,
# the pipe closes and it ends itself. (PR_SET_PDEATHSIG would follow our thread, not our process.)
_CHILD = """
import os, runpy, signal, sys, threading
def watch():
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)
threading.Thread(target=watch, daemon=True).start()
sys.argv = ["homeserver", "--config-path", sys.argv[1]]
runpy.run_module("synapse.app.homeserver", run_name="__main__", alter_sys=True)
"""

_GENEROUS = {"per_second": 10_000, "burst_count": 10_000}


class SynapseError(RuntimeError):
    """Synapse is not installed, did not start, or refused what was asked. `str()` says what to do."""


class LocalSynapse:
    """One homeserver in a folder of its own.

    ```
    async with LocalSynapse() as hs:
        lea = hs.user("lea", "secret")
    ```
    `limits="default"` keeps Synapse's own rate limits; else they are out of the way.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        server_name: str = "test.local",
        limits: Literal["generous", "default"] = "generous",
        extra: dict[str, Any] | None = None,
    ) -> None:
        self.server_name = server_name
        self._keep = folder is not None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="helpbot-synapse-"))
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._limits = limits
        self._extra = extra or {}
        self._secret = secrets.token_hex(16)
        self._process: subprocess.Popen[bytes] | None = None
        self._admin_token: str | None = None

    @property
    def log(self) -> Path:
        """Where Synapse writes what it does."""
        return self.folder / "homeserver.log"

    def start(self, timeout: float = 60) -> None:
        """Start and return when it answers."""
        if importlib.util.find_spec("synapse") is None:
            raise SynapseError("Synapse is not installed here; run: pip install 'helpbot[demo]'")
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / "homeserver.yaml"
        if not config.exists():
            self._write_config(config)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  (our own interpreter, our own file)
                [sys.executable, "-c", _CHILD, str(config)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env={**os.environ, "PYTHONWARNINGS": "ignore"},
            )
        try:
            self._wait_ready(timeout)
        except BaseException:
            self.stop(remove=False)
            raise

    def stop(self, *, remove: bool = True) -> None:
        """End the process, and remove the folder if it was ours to make."""
        self._end(signal.SIGTERM)
        if remove and not self._keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    def restart(self, timeout: float = 60) -> None:
        """Stop and start again with the same data, on the same port."""
        self._end(signal.SIGTERM)
        self.start(timeout)

    def kill(self) -> None:
        """End the process at once, as a power cut would."""
        self._end(signal.SIGKILL)

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self.start)
        return self

    async def __aexit__(self, *exc: object) -> None:
        await asyncio.to_thread(self.stop)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def user(self, name: str, password: str, *, admin: bool = False) -> str:
        """Register a user (no error when they exist already) and return their full id."""
        nonce = self.request("GET", "/_synapse/admin/v1/register")["nonce"]
        parts = [nonce, name, password, "admin" if admin else "notadmin"]
        mac = hmac.new(self._secret.encode(), "\0".join(parts).encode(), hashlib.sha1).hexdigest()
        body = {"nonce": nonce, "username": name, "password": password, "admin": admin, "mac": mac}
        answer = self.request("POST", "/_synapse/admin/v1/register", body, accept=("M_USER_IN_USE",))
        return str(answer.get("user_id") or f"@{name}:{self.server_name}")

    def override_ratelimit(self, user_id: str) -> None:
        """Lift the message rate limit of one account, as an operator may ask of a homeserver."""
        path = f"/_synapse/admin/v1/users/{quote(user_id)}/override_ratelimit"
        self.admin("POST", path, {"messages_per_second": 0, "burst_count": 0})

    def admin(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Make a request with an administrator's rights."""
        if self._admin_token is None:
            self.user("admin", self._secret, admin=True)
            login = {
                "type": "m.login.password",
                "identifier": {"type": "m.id.user", "user": "admin"},
                "password": self._secret,
            }
            self._admin_token = self.request("POST", "/_matrix/client/v3/login", login)["access_token"]
        return self.request(method, path, body, token=self._admin_token)

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        accept: tuple[str, ...] = (),
    ) -> dict[str, Any]:
        """Make one request and return its JSON; an error not in `accept` raises."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            payload = None if body is None else json.dumps(body)
            connection.request(method, path, payload, headers)
            response = connection.getresponse()
            answer = json.loads(response.read() or b"{}")
        finally:
            connection.close()
        if response.status >= 400 and answer.get("errcode") not in accept:
            raise SynapseError(f"{method} {path}: {response.status} {answer}")
        return dict(answer)

    def _wait_ready(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                tail = self.log.read_text(errors="replace")[-2000:]
                raise SynapseError(f"Synapse ended before it answered; the end of {self.log}:\n{tail}")
            try:
                self.request("GET", "/_matrix/client/versions")
            except (OSError, ValueError, http.client.HTTPException):
                time.sleep(0.03)
            else:
                return
        raise SynapseError(f"Synapse did not answer within {timeout:.0f} s; see {self.log}")

    def _end(self, signum: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        process.send_signal(signum)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _write_config(self, path: Path) -> None:
        seed = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        (self.folder / "signing.key").write_text(f"ed25519 a_test {seed}\n")
        (self.folder / "log.yaml").write_text(yaml.safe_dump(_LOGGING | {"handlers": self._log_handler()}))
        config: dict[str, Any] = {
            "server_name": self.server_name,
            "public_baseurl": f"{self.url}/",
            "pid_file": str(self.folder / "homeserver.pid"),
            "listeners": [
                {
                    "port": self.port,
                    "type": "http",
                    "bind_addresses": ["127.0.0.1"],
                    "resources": [{"names": ["client"]}],
                }
            ],
            "database": {"name": "sqlite3", "args": {"database": str(self.folder / "homeserver.db")}},
            "log_config": str(self.folder / "log.yaml"),
            "media_store_path": str(self.folder / "media"),
            "signing_key_path": str(self.folder / "signing.key"),
            "registration_shared_secret": self._secret,
            "macaroon_secret_key": secrets.token_hex(16),
            "form_secret": secrets.token_hex(16),
            "report_stats": False,
            "trusted_key_servers": [],
            "suppress_key_server_warning": True,
            "federation_domain_whitelist": [],
            "url_preview_enabled": False,
            "enable_registration": False,
            "presence": {"enabled": False},
            "user_directory": {"enabled": False},
            "room_list_publication_rules": [{"action": "allow"}],
            "bcrypt_rounds": 4,
            # Its cache of first syncs would make a bot that forgets its cursor look reliable.
            "caches": {"sync_response_cache_duration": "0s"},
        }
        if self._limits == "generous":
            config |= _no_limits()
        path.write_text(yaml.safe_dump(config | self._extra))
        path.chmod(0o600)

    def _log_handler(self) -> dict[str, Any]:
        return {
            "file": {
                "class": "logging.FileHandler",
                "filename": str(self.log),
                "formatter": "short",
                "encoding": "utf-8",
            }
        }


_LOGGING: dict[str, Any] = {
    "version": 1,
    "formatters": {"short": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "root": {"level": "WARNING", "handlers": ["file"]},
    "disable_existing_loggers": False,
}


def _no_limits() -> dict[str, Any]:
    out = _GENEROUS
    return {
        "rc_message": out,
        "rc_registration": out,
        "rc_login": {"address": out, "account": out, "failed_attempts": out},
        "rc_joins": {"local": out, "remote": out},
        "rc_joins_per_room": out,
        "rc_invites": {"per_room": out, "per_user": out, "per_issuer": out},
        "rc_admin_redaction": out,
        "rc_3pid_validation": out,
        "rc_key_requests": out,
        "rc_presence": {"per_user": out},
        "rc_room_creation": out,
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
