"""The contract as OpenAPI 3.1: every path for machines, a module per area, one schema per body, one code per rule."""
