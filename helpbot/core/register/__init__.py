"""The data register: what each column of the database holds of people, why, for how long, and how it goes.

Export, erasure, the retention job, `helpbot privacy register` and docs/donnees.md are made from it. A column
without an entry fails a test. The words are in texts/register.yaml.
"""

from helpbot.core.register.tables import FILES, KEY_TABLES, TABLES
from helpbot.core.register.values import Basis, Column, Erased, Holds, Kept, Purpose, Table

__all__ = [
    "FILES",
    "KEY_TABLES",
    "TABLES",
    "Basis",
    "Column",
    "Erased",
    "Holds",
    "Kept",
    "Purpose",
    "Table",
    "columns",
]


def columns() -> tuple[Column, ...]:
    """Return every column of every table."""
    return tuple(column for table in TABLES for column in table.columns)
