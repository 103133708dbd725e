"""A service as people see it: card.py puts it together from what the other modules say of it."""
