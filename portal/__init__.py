"""Inngangsportalen: one thin portal between the journal system and the reporting portals.

Imports go strictly down the floors of DESIGN (README, "The house"); tests/test_floors.py holds it.
"""
