from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from portal.demo.stage import KEPT, ROOT
from portal.demo.story.run import SCENES

if TYPE_CHECKING:
    from pathlib import Path


def test_the_whole_story_holds_and_leaves_what_it_says(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "portal.demo", "--once", "--keep", str(tmp_path)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    told = ended.stdout.splitlines()
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert [line[0] for line in told] == ["✓"] * len(SCENES)
    assert {path.name for path in tmp_path.iterdir()} == set(KEPT)
    sent = {path.stem for path in (tmp_path / "messages").iterdir()}
    assert sent == {path.stem for path in (tmp_path / "pdf").iterdir()}
    assert len(sent) == 3
