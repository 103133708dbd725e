"""Path 4, write-back, the worker: out goes a message, in comes a receipt. No Flask; nothing shared but the database."""
