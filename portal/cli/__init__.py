"""The console script `portal`: a module per group of commands; exit 0 done, 1 refused, 2 wrong use or settings."""
