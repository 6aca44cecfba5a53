"""The index of a FAQ folder: learned in a process of its own, and kept for the next start.

Learning takes twice the memory of what was learned, and a second or two of the interpreter: a process that
ends gives back the one and leaves the other to the questions that come meanwhile. What is kept is a pickle,
which runs whatever it says: it is read only from our own folder, which nobody else may open, under a name
that is the hash of the files, of the settings and of the code that it was made from.
"""

from __future__ import annotations

import gc
import hashlib
import json
import logging
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import numpy as np

import helpbot
from helpbot.adapters.faqfiles.load import load_faq
from helpbot.core.alone import environment_of_ours
from helpbot.core.matching import FaqIndex
from helpbot.core.problems import Problem, Problems

log = logging.getLogger("helpbot.learn")

_PRIVATE = 0o077
_TRIES = 5
"""How often to learn anew when the files change meanwhile."""
_MOVING = "index-moving.pickle"
"""Learned while the files went on changing: of use now, and found by no later start."""


def load_index(
    folder: Path, data_dir: Path, *, answer_at: float | None = None, clarify_at: float | None = None
) -> FaqIndex:
    """Return the index of a folder, the kept one if nothing changed. Raises `Problems` with all of them."""
    name = index_name(folder, answer_at, clarify_at)
    with _own_folder(data_dir) as own:
        index = _read(own / name)
        if index is None:
            made = _learn_aside(folder, own, answer_at, clarify_at)
            index = _read(own / made) if made else None
            if made:
                _remove_others(own, made)
    return index or learn(folder, answer_at, clarify_at)


def learn(folder: Path, answer_at: float | None, clarify_at: float | None) -> FaqIndex:
    """Learn here and now."""
    return FaqIndex.build(load_faq(folder), answer_at=answer_at, clarify_at=clarify_at)


def index_name(folder: Path, answer_at: float | None, clarify_at: float | None) -> str:
    """Return the file name of the index of these files, with these settings, by this code."""
    made_of = hashlib.sha256(
        repr((helpbot.__version__, sys.version, np.__version__, answer_at, clarify_at)).encode()
    )
    code = Path(helpbot.__file__).parent
    stemmer = find_spec("snowballstemmer")
    parts = [Path(stemmer.origin).with_name("french_stemmer.py")] if stemmer and stemmer.origin else []
    for part in (code / "core", code / "adapters" / "faqfiles"):
        parts += sorted(p for p in part.rglob("*") if p.suffix in {".py", ".yaml", ".json", ".txt"})
    try:
        parts += sorted(folder.glob("*.y*ml"))
        for path in parts:
            made_of.update(b"\0%s\0%d\0" % (path.name.encode(), path.stat().st_size) + path.read_bytes())
    except OSError:
        made_of.update(os.urandom(16))  # whoever loads it says what is wrong
    return f"index-{made_of.hexdigest()[:32]}.pickle"


@contextmanager
def _own_folder(data_dir: Path) -> Iterator[Path]:
    """Give the data folder if it is ours alone, else one that will not stay."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        facts = data_dir.stat()
        if facts.st_uid == os.geteuid() and not facts.st_mode & _PRIVATE and os.access(data_dir, os.W_OK):
            yield data_dir
            return
    except OSError as error:
        log.warning("the data folder cannot be used for the index", extra={"why": error.strerror})
    with tempfile.TemporaryDirectory(prefix="helpbot-") as passing:
        yield Path(passing)


def _learn_aside(folder: Path, own: Path, answer_at: float | None, clarify_at: float | None) -> str | None:
    """Learn in another process; return the name of what it wrote, None when that does not work here."""
    asked = json.dumps([str(folder), str(own), answer_at, clarify_at])
    # No secret of the configuration goes along.
    environment = {k: v for k, v in os.environ.items() if not k.upper().startswith("HELPBOT__")}
    try:
        done = subprocess.run(  # noqa: S603  (ourselves)
            [sys.executable, "-m", __name__],
            input=asked,
            env=environment_of_ours(environment),
            capture_output=True,
            text=True,
            check=True,
        )
        said = json.loads(done.stdout)
    except (OSError, subprocess.CalledProcessError, ValueError) as error:
        log.warning("the index cannot be learned aside; learning here", extra={"why": type(error).__name__})
        return None
    if "problems" in said:
        raise Problems([Problem(*found) for found in said["problems"]])
    return str(said["index"])


def _learn_for_parent() -> None:
    folder, own, answer_at, clarify_at = json.load(sys.stdin)
    said: dict[str, object]
    try:
        for _ in range(_TRIES):
            name = index_name(Path(folder), answer_at, clarify_at)
            index = learn(Path(folder), answer_at, clarify_at)
            if index_name(Path(folder), answer_at, clarify_at) == name:
                break
        else:
            name = _MOVING
        _write(Path(own) / name, index)
        said = {"index": name}
    except Problems as problems:
        said = {"problems": [(p.where, p.what, p.hint) for p in problems.found]}
    json.dump(said, sys.stdout)


def _write(path: Path, index: FaqIndex) -> None:
    """Write an index that a reader finds whole or not at all; its hash tells whole from torn."""
    pickled = pickle.dumps(index, protocol=5)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(hashlib.sha256(pickled).digest())
            file.write(pickled)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _read(path: Path) -> FaqIndex | None:
    """Return a kept index; None when there is none, when it is not ours alone, or not whole."""
    collecting = gc.isenabled()
    gc.disable()  # thousands of small objects come to life, none of them to be freed
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
            facts = os.fstat(file.fileno())
            if facts.st_uid != os.geteuid() or facts.st_mode & _PRIVATE:
                raise PermissionError
            digest, pickled = file.read(32), file.read()
        if hashlib.sha256(pickled).digest() != digest:
            raise EOFError
        index = pickle.loads(pickled)  # noqa: S301  (ours alone, as just seen)
    except FileNotFoundError:
        return None
    except Exception as error:  # noqa: BLE001  (whatever is wrong with it, another one can be made)
        log.warning("the kept index is of no use; learning anew", extra={"why": type(error).__name__})
        return None
    finally:
        if collecting:
            gc.enable()
    return index if isinstance(index, FaqIndex) else None


def _remove_others(own: Path, name: str) -> None:
    for path in (*own.glob("index-*.pickle"), *own.glob(".index-*.pickle.*")):
        if path.name != name:
            path.unlink(missing_ok=True)


if __name__ == "__main__":
    _learn_for_parent()
