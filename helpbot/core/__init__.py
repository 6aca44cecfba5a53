"""Pure decisions: no await, no clock, no file, no log. Everything here can be tested with plain values."""
