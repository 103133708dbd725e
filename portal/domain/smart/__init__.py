"""What a journal system's SMART server must say, and what we understand by it (SMART App Launch 2.2)."""
