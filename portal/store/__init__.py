"""SQLAlchemy lives here and nowhere else: plain functions (session, ...) -> domain objects."""
