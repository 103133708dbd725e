"""Ways to a journal, behind one contract."""
