"""The whole story over real HTTP, a line a step: what must work, and what must be refused."""
