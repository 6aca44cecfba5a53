"""Pages to a folder: only one that is new, empty or ours, and pages that went away leave it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from helpbot.core.problems import Problem, Problems

MARK = ".helpbot-site"
"""The file that says that a folder is ours: one written path a line."""


def write_site(folder: Path, site: Mapping[str, str]) -> int:
    """Write the pages and return how many. Raise Problems where the folder holds something else."""
    mark = folder / MARK
    try:
        if folder.exists() and not mark.is_file() and any(folder.iterdir()):
            hint = "donnez un dossier nouveau ou vide : rien n'y est écrit sinon"
            raise Problems([Problem(str(folder), "ce dossier contient autre chose que ce site", hint)])
        before = set(mark.read_text("utf-8").splitlines()) if mark.is_file() else set()
        (folder / "fiches").mkdir(parents=True, exist_ok=True)
        mark.write_text("\n".join(sorted(before | site.keys())) + "\n", "utf-8")
        for path, html in site.items():
            (folder / path).write_text(html, "utf-8", newline="\n")
        for gone in before - site.keys():
            # By its name alone: a mark changed by hand leads nowhere else.
            (folder / "fiches" / Path(gone).name).unlink(missing_ok=True)
        mark.write_text("\n".join(sorted(site)) + "\n", "utf-8")
    except OSError as error:
        hint = "vérifiez la place et les droits d'accès"
        raise Problems([Problem(str(folder), f"écriture impossible ({error.strerror})", hint)]) from error
    return len(site)
