"""Networks of timm as bases: read as timm's own configuration says, with weights that are fetched when asked for."""

from pathlib import Path
from typing import Any

from sightline.core.errors import DataError, SettingsError
from sightline.core.storage import write_whole, writing
from sightline.models.bases.table import Base
from sightline.models.families.timm_networks import PREFIX, timm_library, timm_network

WHITE = 255.0


def timm_base(name: str) -> Base:
    """Return what is known of a network of timm, with the preprocessing that its weights were made with.

    Args:
        name: With `PREFIX` in front.

    Raises:
        MissingExtraError: timm can't be used here.
        SettingsError: timm has no such network, or it does not read colours in squares, resized in a known way.
    """
    network: Any = timm_network(name)
    read = timm_library().data.resolve_model_data_config(network)
    channels, height, width = read["input_size"]
    resampling = read["interpolation"]
    if (channels, height) != (3, width) or resampling not in ("bilinear", "bicubic"):
        raise SettingsError(
            f"{name} reads pictures of {channels} x {height} x {width}, {resampling}",
            hint="expected squares of three colours, bilinear or bicubic; take another base",
        )
    return Base(
        name=name,
        network=name,
        size=height,
        margin=round((height / read["crop_pct"] - height) / 2),
        resampling=resampling,
        mean=tuple(WHITE * value for value in read["mean"]),
        deviation=tuple(WHITE * value for value in read["std"]),
        source=f"timm, {network.pretrained_cfg.get('tag') or 'its weights'}",
        licence=str(network.pretrained_cfg.get("license") or "not known"),
        digest="",
        top1=float("nan"),
        classes=network.num_classes,
    )


def timm_weights(name: str, folder: Path | None) -> Path:
    """Return the file of a network's weights.

    Args:
        name: With `PREFIX` in front.
        folder: Where fetched weights are kept; None if nowhere.

    Raises:
        SettingsError: They were not fetched, with the flag that does.
    """
    path = _place(name, folder or Path())
    if folder is None or not path.is_file():
        raise SettingsError(
            f"the weights of the base {name} are not on this machine: nothing is fetched unasked",
            hint="give the same command with --download, which lets timm fetch them; or name a file of them with "
            "--weights FILE",
        )
    return path


def fetch_timm_weights(name: str, folder: Path) -> None:
    """Let timm fetch the weights of a network, and keep them as plain tensors, unless they are at hand.

    Args:
        name: With `PREFIX` in front.
        folder: Where they are kept; made if it is not there.

    Raises:
        MissingExtraError: timm can't be used here.
        DataError: They can't be fetched.
        RunError: The folder can't be written.
    """
    from safetensors.torch import save

    path = _place(name, folder)
    if path.is_file():
        return
    try:
        network = timm_library().create_model(name.removeprefix(PREFIX), pretrained=True)
    except (OSError, RuntimeError, ValueError) as error:
        raise DataError(f"timm can't fetch {name}: {error}", hint="try again later, or name --weights FILE") from error
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    write_whole(path, save({place: tensor.contiguous() for place, tensor in network.state_dict().items()}))


def _place(name: str, folder: Path) -> Path:
    return folder / f"{name.replace('/', '--')}.safetensors"
