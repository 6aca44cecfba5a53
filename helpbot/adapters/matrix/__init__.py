"""Matrix for real: an account of any homeserver, encryption included."""
