"""What tests and the demo stand on: a clock that is moved by hand, homeservers false and real, people.

This package is shipped, and what it offers is kept stable: users test their own settings with it.
"""
