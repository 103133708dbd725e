"""The catalogue written out in one canonical form: what is exported, imported and exported again is the same text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable

    from portal.domain.catalogue import Catalogue

_ON_ONE_LINE = 100


class _Writer(yaml.SafeDumper):
    """Fields in the model's order; a collection on one line when it is short, else a line for each of its parts."""

    def styled(self, value: Any) -> yaml.CollectionNode:
        """Choose the style of one map or list."""
        node: yaml.CollectionNode = (
            self.represent_dict(value.items()) if isinstance(value, dict) else self.represent_list(value)
        )
        node.flow_style = _depth(value) <= 2 and len(str(value)) <= _ON_ONE_LINE  # noqa: PLR2004  a list of maps
        return node


_Writer.add_representer(dict, _Writer.styled)
_Writer.add_representer(list, _Writer.styled)


def dump(catalogue: Catalogue) -> str:
    """Write a catalogue so that `parse` reads the same one back, and `dump` writes that one the same again."""
    plain = catalogue.model_dump(mode="json", exclude_defaults=True)
    text = yaml.dump(plain, Dumper=_Writer, allow_unicode=True, sort_keys=False, width=math.inf)
    # Only services stand in the first column; an empty line shows where each begins.
    return str(text).replace("\n- id: ", "\n\n- id: ")


def _depth(value: Any) -> int:
    if isinstance(value, dict | list):
        return 1 + max(map(_depth, _parts(value)), default=0)
    return 0


def _parts(value: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value
