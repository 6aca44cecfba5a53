"""The scenarios that are published: years that fit, one too full, holidays, a large académie."""

from __future__ import annotations

from datetime import date

from helpbot.simulate.world import Scenario

YEAR_WEEKS = 43
"""From the first day of school to the summer holidays."""
NORMAL = Scenario("normal", load=0.5, weeks=YEAR_WEEKS)
THREE_QUARTERS = Scenario("three-quarters", load=0.75, weeks=YEAR_WEEKS)
FULL = Scenario("full", load=1.0, weeks=YEAR_WEEKS)
OVERLOAD = Scenario("overload", load=2.0, weeks=12)
HOLIDAYS = Scenario("holidays", load=0.5, start=date(2026, 10, 5), weeks=5, holiday_questions=0.5)
"""Two weeks, the autumn holidays with many questions, and the week after."""
ACADEMIE = Scenario("academie", teachers=30_000, schools=600, volunteers=1200, load=0.5, weeks=2)

SCENARIOS = {s.name: s for s in (NORMAL, THREE_QUARTERS, FULL, OVERLOAD, HOLIDAYS, ACADEMIE)}
