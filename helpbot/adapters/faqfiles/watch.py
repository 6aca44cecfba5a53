"""Noticing that FAQ files changed, whatever the editor does (rename, truncate, replace)."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

Signature = tuple[tuple[str, int, int, int], ...]


def signature(folder: Path) -> Signature:
    """Return what tells one state of the folder from another: names, inodes, sizes and times.

    A folder of some files read every few seconds costs next to nothing, and works on network drives and
    mounted volumes, where change notifications do not.
    """
    found = []
    try:
        with os.scandir(folder) as files:
            for file in files:
                if file.name.endswith((".yaml", ".yml")):
                    with suppress(OSError):  # gone between listing and looking
                        stat = file.stat()
                        found.append((file.name, stat.st_ino, stat.st_size, stat.st_mtime_ns))
    except OSError:  # the folder itself is being replaced
        return ()
    return tuple(sorted(found))
