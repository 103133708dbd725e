"""Stand-ins that speak the real protocols over real HTTP on loopback: HelseID, EPJ, target. Never in production."""
