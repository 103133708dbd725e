"""The clinician's side of write-back: what became of each report, what to do about it, and what the office wants."""
