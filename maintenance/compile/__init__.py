"""Compile what differs from its source in a rule alone: the clients' keywords, and the blocking half of the overlay."""
