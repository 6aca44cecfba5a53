"""A backup as one file: what it is, and a few named parts. Private from its first byte, whole or absent."""

from __future__ import annotations

import io
import json
import os
import tarfile
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path

FORMAT = 1
_ABOUT = "helpbot-backup.json"


class NotABackup(Exception):
    """The file is none of ours, broken, or of a newer helpbot. `str()` says which."""


@dataclass(frozen=True, slots=True)
class About:
    """What a backup says of itself."""

    user_id: str
    schema: str
    """The version of the database's schema."""
    made_at: int
    """Unix ms."""
    version: str
    """The helpbot that made it."""
    format: int = FORMAT


def pack(folder: Path, target: Path, about: About) -> None:
    """Write the files of `folder` and what they are into `target`, replacing it at once. Raises `OSError`."""
    draft = target.with_name(f".{target.name}.new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as raw:
            os.fchmod(raw.fileno(), 0o600)
            with tarfile.open(fileobj=raw, mode="w:gz", compresslevel=6) as tar:
                told = json.dumps(asdict(about)).encode()
                first = tarfile.TarInfo(_ABOUT)
                first.size = len(told)
                tar.addfile(first, io.BytesIO(told))
                for part in sorted(folder.iterdir()):
                    tar.add(part, arcname=part.name, recursive=False, filter=_plain)
            raw.flush()
            os.fsync(raw.fileno())
        draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def read_about(source: Path) -> About:
    """Return what a backup says of itself. Raises `NotABackup`, `OSError`."""
    try:
        with tarfile.open(source, "r:gz") as tar:
            return _about(tar)
    except (tarfile.TarError, EOFError, ValueError, KeyError, TypeError) as broken:
        raise NotABackup(f"{type(broken).__name__}: {broken}") from None


def unpack(source: Path, folder: Path, parts: Collection[str]) -> About:
    """Write the parts of a backup into `folder`, 0600, those that it has. Raises `NotABackup`, `OSError`.

    Only names in `parts` are looked at: whatever else a file from elsewhere holds is never written.
    """
    try:
        with tarfile.open(source, "r:gz") as tar:
            about = _about(tar)
            for name in sorted(set(parts) & set(tar.getnames())):
                content = tar.extractfile(name)
                if content is None:
                    raise NotABackup(f"{name} is no file")
                handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                with os.fdopen(handle, "wb") as out:
                    while piece := content.read(1 << 20):
                        out.write(piece)
                    out.flush()
                    os.fsync(out.fileno())
            return about
    except (tarfile.TarError, EOFError, ValueError, KeyError, TypeError) as broken:
        raise NotABackup(f"{type(broken).__name__}: {broken}") from None


def _about(tar: tarfile.TarFile) -> About:
    content = tar.extractfile(_ABOUT)
    if content is None:
        raise NotABackup(f"it holds no {_ABOUT}")
    told = json.loads(content.read(65_536))
    about = About(
        str(told["user_id"]), str(told["schema"]), int(told["made_at"]), str(told["version"]),
        int(told["format"]),
    )  # fmt: skip
    if about.format > FORMAT:
        raise NotABackup(f"its format {about.format} is newer than this helpbot ({about.version} made it)")
    return about


def _plain(info: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leave out who made it, and where."""
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    info.mode = 0o600
    return info
