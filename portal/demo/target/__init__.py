"""Demomelding: a reporting portal that is launched with a patient and puts its receipt into the journal."""
