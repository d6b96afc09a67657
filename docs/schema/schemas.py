# SPDX-License-Identifier: GPL-2.0-or-later
"""The schemas of this folder, each made whole: the parts of common.json are in it."""
import json
import pathlib

FOLDER = pathlib.Path(__file__).resolve().parent


def _localise(node):
    if isinstance(node, dict):
        return {
            key: value.removeprefix("common.json") if key == "$ref" else _localise(value)
            for key, value in node.items()
        }
    return [_localise(item) for item in node] if isinstance(node, list) else node


def load():
    """Name -> schema, without common.json."""
    parts = json.loads((FOLDER / "common.json").read_text(encoding="utf-8"))["$defs"]
    result = {}
    for path in sorted(FOLDER.glob("*.json")):
        if path.name != "common.json":
            schema = json.loads(path.read_text(encoding="utf-8"))
            result[path.stem] = _localise({**schema, "$defs": parts})
    return result


def strict(node):
    """A copy that allows no key but those that are described."""
    if isinstance(node, list):
        return [strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    result = {
        key: {name: strict(part) for name, part in value.items()}
        if key in ("properties", "$defs")
        else strict(value)
        for key, value in node.items()
    }
    if isinstance(node.get("properties"), dict) and "type" in node:
        result.setdefault("additionalProperties", False)
    return result
