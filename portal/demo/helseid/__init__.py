"""HelseID's rules and claim names over real HTTP, for development and tests only."""
