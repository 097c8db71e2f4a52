"""``sightline.preflight``."""

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, overload

from sightline.app.api.inputs import Place, catalog_of
from sightline.core.choose import require_extra
from sightline.data.catalog import Catalog
from sightline.line.narrator import Narrator

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor, nn

    from sightline.line.preflight.data import DataPreflight
    from sightline.training.preflight.flight import Preflight


@overload
def preflight(
    data: Catalog | Place,
    *,
    download: bool = False,
    narrator: Narrator | None = None,
    file: Mapping[str, Any] | None = None,
    **settings: Any,
) -> "DataPreflight": ...
@overload
def preflight(
    data: "nn.Module",
    samples: Any,
    *,
    validation: Any = None,
    loss: "Callable[[Tensor, Tensor], Tensor] | None" = None,
    optimizer: str = "adam",
    learning_rate: float | None = None,
    batch_size: int = 32,
    seed: int = 0,
    accept: Iterable[str] = (),
) -> "Preflight": ...
def preflight(data: Any, samples: Any = None, **options: Any) -> "DataPreflight | Preflight":
    """Ask a training what is wrong with it before it costs anything: of a data set, or of any torch module.

    Args:
        data: A catalog, or anything that `open_catalog` takes; or a torch module from inputs (n, ...) to scores (n, K),
            which stays as it is, to the last bit.
        samples: For a module: inputs (N, ...) and labels (N,), as a pair of arrays or tensors; or a data set of pairs.
        options: For a data set those of `train` but ``out`` and ``force``. For a module ``validation``, held-out
            samples like the others (every fifth sample if there are none); ``loss``, a function of scores and labels
            (``torch.nn.CrossEntropyLoss()``); ``optimizer``, ``learning_rate``, ``batch_size``, ``seed``; and
            ``accept``, codes of findings that are taken as they are.

    Returns:
        What each check measured, and the `findings`; none means that nothing stands out.

    Raises:
        DataError: The data must be mended first.
        SettingsError: A setting is unknown or impossible, or samples and module do not go together.
        MissingExtraError: torch is not installed.

    Example::

        sightline.preflight("flowers", model="linear").findings
        import torch
        network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 10))
        inputs, labels = torch.randn(80, 8, 8), torch.arange(80) % 10
        sightline.preflight(network, (inputs, labels)).measured["initial-loss"].line
    """
    require_extra("torch", "sklearn", extra="train", purpose="sightline preflight")
    if samples is not None or not isinstance(data, Catalog | str | os.PathLike):
        return _of_module(data, samples, **options)
    return _of_data(data, **options)


def _of_data(
    data: Catalog | Place,
    *,
    download: bool = False,
    narrator: Narrator | None = None,
    file: Mapping[str, Any] | None = None,
    **settings: Any,
) -> "DataPreflight":
    from sightline.app.terminal import Terminal
    from sightline.line.preflight.data import preflight as of_data
    from sightline.line.resolution import resolved

    folders = resolved(settings, file)["folders"]
    catalog = catalog_of(data, download=download, folders=folders)
    return of_data(catalog, {**settings, "data": catalog.name}, file, narrator=narrator or Terminal())


def _of_module(
    network: "nn.Module",
    samples: Any,
    *,
    validation: Any = None,
    loss: "Callable[[Tensor, Tensor], Tensor] | None" = None,
    optimizer: str = "adam",
    learning_rate: float | None = None,
    batch_size: int = 32,
    seed: int = 0,
    accept: Iterable[str] = (),
) -> "Preflight":
    from sightline.core.errors import SettingsError
    from sightline.line.preflight.module import preflight_of_module

    if samples is None:
        raise SettingsError(
            f"a {type(network).__name__} was given without samples",
            hint="give them as a pair: sightline.preflight(network, (inputs, labels))",
        )
    return preflight_of_module(
        network,
        samples,
        validation=validation,
        loss=loss,
        optimizer=optimizer,
        learning_rate=learning_rate,
        batch_size=batch_size,
        seed=seed,
        accept=accept,
    )
