"""Networks of timm, where it is installed: they are built by their own library and named ``timm/NAME`` here."""

from typing import TYPE_CHECKING, Any

from sightline.core.choose import require_extra
from sightline.core.errors import MissingExtraError, SettingsError

if TYPE_CHECKING:
    from torch import nn

PREFIX = "timm/"


def timm_library() -> Any:
    """Return timm.

    Raises:
        MissingExtraError: It is not installed, or can't be imported beside this torch, for it needs torchvision.
    """
    require_extra("timm", extra="timm", purpose="a network of timm")
    try:
        import timm
        import timm.data
    except Exception as error:  # torchvision's operators raise RuntimeError where torch is of another build
        raise MissingExtraError(
            f"timm is installed, but can't be imported: {str(error).partition(chr(10))[0]}",
            hint="install torch and torchvision of one build: pip install --force-reinstall 'sightline[train,timm]'",
        ) from error
    return timm


def timm_network(name: str, *, classes: int | None = None) -> "nn.Module":
    """Return a network with fresh weights.

    Args:
        name: With `PREFIX` in front.
        classes: Of its head; its own number if not given.

    Raises:
        MissingExtraError: timm can't be used here.
        SettingsError: timm has no such network.
    """
    options = {} if classes is None else {"num_classes": classes}
    try:
        network: nn.Module = timm_library().create_model(name.removeprefix(PREFIX), pretrained=False, **options)
    except (RuntimeError, ValueError) as error:
        raise SettingsError(f"timm has no network {name.removeprefix(PREFIX)!r}: {error}", hint=LIST) from error
    return network


LIST = "see python -c 'import timm; print(timm.list_models(pretrained=True))'"
