"""What a vendor sees in the sandbox of its journal system: each rule, how it was met, and faults to order."""
