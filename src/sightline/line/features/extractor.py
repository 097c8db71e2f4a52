"""A base that was found, ready to make features of pictures: one of the table, or a model of the user's own."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.core.errors import BundleError, SettingsError
from sightline.core.rules import AUTO
from sightline.data.cache_folder import bases_folder
from sightline.evaluation.report.transfer.heads import BaseFacts
from sightline.imaging.deep import DeepRange
from sightline.imaging.picture_format import PictureFormat, Resize
from sightline.inference.bundle import Bundle, bundle_file
from sightline.inference.picture_digests import PictureDigests
from sightline.line.settings.transfer import TransferSettings
from sightline.line.settings.values import Settings
from sightline.models.bases.files import digest_of, find_weights
from sightline.models.bases.preprocessing import base_format, base_preprocess
from sightline.models.bases.table import BASES, Base, find_base
from sightline.models.bases.timm_bases import timm_base, timm_weights
from sightline.models.changes.views import VIEWS
from sightline.models.families.timm_networks import PREFIX

if TYPE_CHECKING:
    from torch import nn

DEFAULT_BASE = next(iter(BASES))
SUFFIX = ".sightline"
NETWORK, TRANSFER = "network", "transfer"


@dataclass(frozen=True, eq=False)
class Extractor:
    """What makes features of pictures.

    Args:
        facts: What a report says of the base.
        described: Its layers, as a model file's manifest has them: ``network``, ``options``, ``centre``, ``scale``.
        digest: SHA-256 of its file, hexadecimal.
        format: What every picture becomes before the base sees it.
        seen: The pictures of the user's own that the base has learnt from, where its file says so.
        views: Of a picture, over which features are averaged: a name in `VIEWS`.
        load: Returns the network, from (N, H, W, C) uint8 to (N, F), in eval mode; its parts are named ``normalise``
            and ``network``.
    """

    facts: BaseFacts
    described: dict[str, Any]
    digest: str
    format: PictureFormat
    load: "Callable[[], nn.Module]"
    seen: PictureDigests | None = None
    views: str = "picture"

    @property
    def name(self) -> str:
        """What a user calls the base."""
        return self.facts.name

    def reading(self, size: tuple[int, int] | None, resize: Resize | None, deep: DeepRange) -> "Extractor":
        """Return the same base for pictures that are read in another way.

        Args:
            size: (height, width); None for the base's own. The share that a crop cuts off stays.
            resize: How pictures get that size; None for the base's own way.
            deep: What is black and white in deep pictures.
        """
        own = self.format
        height, width = size or (own.height, own.width)
        resize = resize or own.resize
        margin = round(own.margin * min(height, width) / min(own.height, own.width)) if resize == "crop" else 0
        read = replace(own, height=height, width=width, resize=resize, margin=margin, deep=deep)
        return replace(self, format=read)

    def seeing(self, views: str) -> "Extractor":
        """Return the same base with features that are means over several views of a picture; its own for ``picture``.

        Args:
            views: A name in `VIEWS`.
        """
        if views == self.views:
            return self
        options = {**self.described["options"], "views": views}
        return replace(
            self,
            described={**self.described, "options": options},
            views=views,
            load=lambda: _looking(self.load(), views),
        )

    def require_taken(self) -> None:
        """Raise if the base can't read pictures of the format, or makes no numbers of them; known by asking about one.

        Raises:
            SettingsError: It can't.
            BundleError: Its weights make features that are no numbers.
        """
        import torch

        height, width, _ = self.format.shape
        try:
            with torch.inference_mode():
                features = self.load()(torch.zeros((1, *self.format.shape), dtype=torch.uint8))
        except RuntimeError as error:
            raise SettingsError(
                f"{self.name} can't read pictures of {height}x{width}: {str(error).splitlines()[0]}",
                hint="leave size out: then they are read as the base has learnt it",
            ) from error
        if not torch.isfinite(features).all():
            raise no_numbers(self.name)


def no_numbers(name: str) -> BundleError:
    """Return the error of a base of this name whose weights make features that are no numbers."""
    return BundleError(f"the weights of {name} make features that are no numbers", hint="name another file of weights")


def extractor_of(settings: TransferSettings) -> Extractor:
    """Return the base that settings name; a training asks often, and its files are read again where they have changed.

    Raises:
        MissingExtraError: The package that holds its weights is not installed, with the command that installs it.
        SettingsError: There is no such base, its weights are not on this machine, or the model can't be one.
        BundleError: The model's file can't be read.
    """
    if settings.base not in BASES and settings.base and _is_place(Path(settings.base)):
        return _of_model(Path(settings.base), settings, _identity(bundle_file(Path(settings.base))))
    own, is_timm = settings.weights == AUTO, settings.base.startswith(PREFIX)
    base = timm_base(settings.base) if is_timm else find_base(settings.base)
    if not own:
        path = Path(settings.weights)
    else:
        path = timm_weights(base.name, bases_folder()) if is_timm else find_weights(base, folder=bases_folder())
    return _of_table(base, path, _identity(path), own=own)


def base_of(settings: Settings) -> Extractor:
    """Return the base that settings name, reading and looking at pictures as they say; errors are `extractor_of`'s."""
    data = settings.data
    resize = data.resize if "resize" in settings.origins else None
    base = extractor_of(settings.transfer).reading(data.input_size(), resize, data.named_range())
    return base.seeing(settings.network.views)


def _identity(path: Path) -> tuple[int, ...]:
    """Return what tells whether a file is the one that was read before; nothing of one that can't be looked at."""
    with suppress(OSError):
        status = path.stat()
        return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
    return ()


@lru_cache(maxsize=2)
def _of_table(base: Base, path: Path, _: tuple[int, ...], *, own: bool) -> Extractor:
    """Return a base of the table, with its own weights or with those of another file."""
    return Extractor(
        facts=_facts(base)
        if own
        else replace(_facts(base), source=str(path), licence="not known", learnt="what its maker knows"),
        described=_described(base),
        digest=base.digest if own and base.has_whole_digest else digest_of(path),
        format=base_format(base),
        load=lambda: _loaded(base, None if base.digest and own else path),
    )


def _looking(network: "nn.Module", views: str) -> "nn.Module":
    from sightline.models.changes.mean_of_views import looking_at

    return looking_at(dict(network.named_children()), VIEWS[views]).eval()


def _is_place(path: Path) -> bool:
    return path.suffix == SUFFIX or path.is_file() or path.is_dir()


def _facts(base: Base) -> BaseFacts:
    return BaseFacts(base.name, base.network, base.source, base.licence, f"{base.classes:,} classes of ImageNet")


def _described(base: Base) -> dict[str, Any]:
    preprocess = base_preprocess(base)
    return {"network": base.network, "options": {}, "centre": preprocess.centre, "scale": preprocess.scale}


def _loaded(base: Base, weights: Path | None) -> "nn.Module":
    from sightline.models.bases.network import base_network, features_of

    return features_of(base_network(base, weights, folder=bases_folder()))


@lru_cache(maxsize=2)
def _of_model(path: Path, settings: TransferSettings, _: tuple[int, ...]) -> Extractor:
    """Return a model file of the user's own as a base."""
    from sightline.inference.tasks import load_classifier

    classifier = load_classifier(path)
    manifest = classifier.manifest
    if settings.weights != AUTO:
        raise SettingsError(f"weights = {settings.weights!r} with the model file {path}", hint="it has its own weights")
    if manifest["method"] not in (NETWORK, TRANSFER):
        raise SettingsError(
            f"{path} is no network, so it can be no base: its method is {manifest['method']!r}",
            hint=f"name the model file of a network or of a base with a head, or a base such as {DEFAULT_BASE}",
        )
    described = _described_in(manifest)
    learnt = f"the classes {', '.join(classifier.classes[:4])}{' and others' if len(classifier.classes) > 4 else ''}"  # noqa: PLR2004
    return Extractor(
        facts=BaseFacts(path.stem, described["network"], str(path), str(manifest.get("licence", "not known")), learnt),
        described=described,
        digest=classifier.digest,
        format=classifier.format,
        load=lambda: _without_head(classifier.bundle),
        seen=PictureDigests.of_bundle(classifier.bundle),
    )


def _described_in(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return the layers of a network, or of the base that a head stands on."""
    model, preprocess = manifest["model"], manifest["preprocess"]
    if manifest["method"] == TRANSFER:
        return dict(model["options"]["base"])
    own = {"network": model["name"], "options": model["options"]}
    return {**own, "centre": preprocess["centre"], "scale": preprocess["scale"]}


def _without_head(bundle: Bundle) -> "nn.Module":
    """Return a model file's network without its head, built anew each time: one that learns on changes no other."""
    from sightline.inference.network import network_of
    from sightline.models.bases.network import features_of

    network = network_of(bundle)
    return network.get_submodule("base") if bundle.manifest["method"] == TRANSFER else features_of(network)
