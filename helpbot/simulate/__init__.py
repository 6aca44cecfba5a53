"""A made-up académie on which ways of finding a helper are compared.

Pure and seeded: the same seed gives the same people, the same questions and the same reactions, whoever is
asked by whom. Every policy drives the bot's own tickets (`core.tickets`) and differs in whom it asks only.
"""
