"""Flask lives here and nowhere below: a module per user-facing area."""
