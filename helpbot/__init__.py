"""helpbot: a chat colleague for the staff room, on Matrix and Tchap."""

__version__ = "0.1.0"
