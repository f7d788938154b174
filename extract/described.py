"""Files in YAML that people write and a JSON schema describes: read strictly, refused with the place."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml


# libyaml's loader, eight times faster, where it was compiled.
class _StrictLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """SafeLoader that refuses a key written twice (yaml keeps the last one silently)."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = {str(key) for key in keys if keys.count(key) > 1}
        if twice:
            raise yaml.constructor.ConstructorError(
                None, None, f"clé écrite deux fois : {', '.join(sorted(twice))}", node.start_mark
            )
        return dict(super().construct_mapping(node, deep))


def read(path: Path, schema: Path, fault: type[Exception]) -> Any:
    """The content of the file. Raises `fault`, in French, with the file, the fields and what is wrong."""
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=_StrictLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise fault(f"{path.name} : yaml illisible : {error}") from error
    found = sorted(_validator(schema).iter_errors(raw), key=lambda error: list(map(str, error.absolute_path)))
    problems = [f"{'.'.join(map(str, e.absolute_path)) or '(racine)'} : {e.message}" for e in found]
    if problems:
        raise fault(f"{path.name} : " + " ; ".join(problems))
    return raw


@cache
def _validator(path: Path) -> jsonschema.Draft202012Validator:
    schema = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)
