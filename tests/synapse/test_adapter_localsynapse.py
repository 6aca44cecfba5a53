"""The homeserver that tests and the demo start: does it come up, keep its data, and go away?"""

from __future__ import annotations

import importlib.util
import os
import select
import signal
import subprocess
import sys

import pytest

from helpbot.testing.synapse import LocalSynapse, SynapseError

pytestmark = [pytest.mark.synapse, pytest.mark.slow]


def test_users_survive_a_restart() -> None:
    with LocalSynapse() as hs:
        lea = hs.user("lea", "secret")
        assert lea == "@lea:test.local"
        hs.override_ratelimit(lea)
        hs.restart()
        login = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": "lea"},
            "password": "secret",
        }
        assert hs.request("POST", "/_matrix/client/v3/login", login)["user_id"] == lea
    assert not hs.folder.exists()


def test_it_ends_with_its_parent() -> None:
    code = (
        "from helpbot.testing.synapse import LocalSynapse\n"
        "hs = LocalSynapse(); hs.start(); print(hs._process.pid, hs.folder, flush=True); input()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    pid, _, folder = parent.stdout.readline().strip().partition(" ")
    child = os.pidfd_open(int(pid))
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    ended, _, _ = select.select([child], [], [], 15)
    os.close(child)
    assert ended, "Synapse outlived the process that started it"
    subprocess.run(["rm", "-r", folder], check=True)


def test_the_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(SynapseError, match=r"helpbot\[demo\]"):
        LocalSynapse().start()
