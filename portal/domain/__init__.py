"""What is true: no Flask, SQLAlchemy, requests, clock or randomness; those are arguments."""
