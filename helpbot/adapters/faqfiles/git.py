"""Each change of the FAQ as a commit, where the operator wants it. A trouble of git never undoes a change."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from helpbot.core.editing import Unshared

TIMEOUT_SECONDS = 60
_SECRET = re.compile(r"//[^/@\s]+@")
_WHO = {"NAME": "helpbot", "EMAIL": "helpbot@localhost"}


def is_clean(folder: Path, file: str) -> bool:
    """Tell whether a file is as the last commit has it; False too where there is no repository."""
    done = _git(folder, "status", "--porcelain", "--", file)
    return done.returncode == 0 and not done.stdout.strip()


def commit(folder: Path, file: str, message: str) -> str:
    """Commit one file; done before, it does nothing. Return what went wrong, in one line."""
    if is_clean(folder, file):
        return ""
    for step in (("add", "--", file), ("commit", "--quiet", "--message", message, "--", file)):
        done = _git(folder, *step)
        if done.returncode:
            return f"git {step[0]} : {_said(done)}"
    return ""


def push(folder: Path) -> Unshared | None:
    """Push the branch to where it is followed, else to the one remote. None: all of it is there."""
    done = _git(folder, "-c", "push.autoSetupRemote=true", "push", "--porcelain")
    if not done.returncode:
        return None
    behind = any(line.startswith("!") and "[rejected]" in line for line in done.stdout.splitlines())
    return Unshared(behind=behind, problem=_said(done))


def _said(done: subprocess.CompletedProcess[str]) -> str:
    """Return the line of git's that says what went wrong, without a password of the remote's address."""
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines() or [str(done.returncode)]
    telling = next((line for line in lines if line.startswith(("fatal:", "error:"))), lines[-1])
    return _SECRET.sub("//", telling.partition(": ")[2] or telling)[:200]


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.upper().startswith("HELPBOT__")}
    environment |= {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    command = ["git", "-C", str(folder)]
    if arguments[0] == "commit":
        for key, value in _WHO.items():
            known = _git(folder, "config", f"user.{key.lower()}").stdout.strip()
            environment |= {} if known else {f"GIT_AUTHOR_{key}": value, f"GIT_COMMITTER_{key}": value}
    try:
        return subprocess.run(  # noqa: S603  (fixed words, and a file name after « -- »)
            [*command, *arguments],
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
            env=environment,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", f"pas de réponse en {TIMEOUT_SECONDS} secondes")
    except OSError as error:
        return subprocess.CompletedProcess(command, 1, "", error.strerror or type(error).__name__)
