"""Dated facts that ship with the bot, as data files. Adapters read them."""
