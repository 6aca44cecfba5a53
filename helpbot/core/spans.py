"""Spans of time in milliseconds, as Matrix counts time."""

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY
