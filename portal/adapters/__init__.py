"""Outgoing HTTP, files and message transports live here and nowhere else."""
