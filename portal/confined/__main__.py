"""Takes one job at a time from standard input until that closes, and gives each to a cell of its own.

It has one thread, so that a fork is safe, and has loaded what the cells need. Others' bytes are read in cells alone.
"""

from __future__ import annotations

import gc
import sys
from functools import partial

from portal.confined.cell import confined
from portal.confined.inspection import inspected, prepare
from portal.confined.rendering import Renderer
from portal.domain.confinement import HEAD, RENDER


def main() -> None:
    """Serve until standard input closes."""
    prepare()
    given, answers, renderer = sys.stdin.buffer, sys.stdout.buffer, Renderer()
    # What is here already stays untouched in a cell: its pages need not be copied.
    gc.freeze()
    while len(head := given.read(HEAD.size)) == HEAD.size:
        kind, size = HEAD.unpack(head)
        if len(payload := given.read(size)) < size:
            return
        work = partial(renderer.rendered if kind == RENDER else inspected, payload)
        answers.write(confined(work))
        answers.flush()


if __name__ == "__main__":
    main()
