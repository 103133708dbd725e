"""A program of its own, `python -m portal.confined`: reads and makes PDFs where no harm can come of it."""
