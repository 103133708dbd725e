"""Where owners try their target portals alone: registration, launches with synthetic patients, faults, the result."""
