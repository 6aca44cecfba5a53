"""Each change of the FAQ as a commit, where the operator wants it. A trouble of git never undoes a change."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

TIMEOUT_SECONDS = 60
_WHO = {"NAME": "helpbot", "EMAIL": "helpbot@localhost"}


def is_clean(folder: Path, file: str) -> bool:
    """Tell whether a file is as the last commit has it; False too where there is no repository."""
    done = _git(folder, "status", "--porcelain", "--", file)
    return done.returncode == 0 and not done.stdout.strip()


def commit(folder: Path, file: str, message: str, *, push: bool) -> str:
    """Commit one file, and push; done before, it does nothing. Return what went wrong, in one line."""
    if is_clean(folder, file) and not push:
        return ""
    steps: list[tuple[str, ...]] = []
    if not is_clean(folder, file):
        steps += [("add", "--", file), ("commit", "--quiet", "--message", message, "--", file)]
    if push:
        steps.append(("push", "--quiet"))
    for step in steps:
        done = _git(folder, *step)
        if done.returncode:
            said = (done.stderr.strip() or done.stdout.strip()).splitlines()
            return f"git {step[0]} : {said[-1][:200] if said else done.returncode}"
    return ""


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.upper().startswith("HELPBOT__")}
    environment["GIT_TERMINAL_PROMPT"] = "0"
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
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 1, "", type(error).__name__)
