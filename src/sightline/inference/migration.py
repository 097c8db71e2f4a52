"""The manifests of older format versions, with the keys of the present one; the file stays as it is."""

from typing import Any

FIRST_WITH_TASKS = 3
FORMAT_KEYS = {"fit": "resize"}
PLAN_KEYS = {"step": "stride"}
"""Names before version 3, and what they are called now."""


def upgraded(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return a manifest that says what version 3 says: its task, its method, and the words in use now.

    Before version 3 all models were classifiers of pictures, and the name of a model said whether it was a
    pipeline.

    Args:
        manifest: Of any format version, with the keys and types that this version has; their values may still
            be wrong, and are then left so.
    """
    if manifest["format_version"] >= FIRST_WITH_TASKS:
        return manifest
    from sightline.classical.pipelines import PIPELINES  # files of this version need none of it

    model, preprocess = manifest["model"], manifest["preprocess"]
    method = "pipeline" if model.get("name") in tuple(PIPELINES) else "network"
    if method == "pipeline":
        model = model | {"options": _renamed(model.get("options", {}), PLAN_KEYS)}
    return manifest | {
        "task": "classification",
        "method": method,
        "model": model,
        "preprocess": {"kind": "picture"} | _renamed(preprocess, FORMAT_KEYS),
    }


def _renamed(table: Any, names: dict[str, str]) -> Any:
    return {names.get(key, key): value for key, value in table.items()} if isinstance(table, dict) else table
