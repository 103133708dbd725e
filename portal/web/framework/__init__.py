"""The framework for target portals (tiltak 1B): what an owner must do, as pages that are read alone.

The text is the Markdown below `pages/`, a folder for each language, which reads the same on a code host.
"""
