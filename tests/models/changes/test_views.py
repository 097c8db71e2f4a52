import numpy as np
import pytest
import torch

from sightline.core.errors import SettingsError
from sightline.imaging.picture_format import PictureFormat
from sightline.imaging.preprocess import fitted
from sightline.models.building import build_network
from sightline.models.changes.views import VIEWS


@pytest.fixture
def pixels():
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, (4, 16, 16, 3), dtype=np.uint8))


@pytest.fixture
def network_of(pixels):
    """Return a maker of lenets with always the same weights."""

    def make(views):
        torch.manual_seed(0)
        preprocess = fitted(PictureFormat(16, 16, "rgb"), [pixels.numpy()], centre="channel", scale="deviation")
        return build_network("lenet", preprocess, 3, {"views": views}).eval()

    return make


def test_the_answer_is_the_mean_over_picture_and_mirror_image(network_of, pixels):
    once, both = network_of("picture"), network_of("mirrored")
    torch.testing.assert_close(both(pixels), (once(pixels) + once(pixels.flip(2))) / 2)


def test_moved_views_are_a_pixel_off_with_the_border_mirrored_outwards(network_of, pixels):
    once, moved = network_of("picture"), network_of("moved")
    wide = torch.from_numpy(np.pad(pixels.numpy(), ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect"))
    views = [pixels, wide[:, :-2, :-2], wide[:, 2:, 2:]]
    expected = torch.stack([once(view) for view in [*views, *(view.flip(2) for view in views)]]).mean(dim=0)
    torch.testing.assert_close(moved(pixels), expected)


@pytest.mark.parametrize("views", VIEWS)
def test_training_looks_once_and_weights_have_the_same_names(views, network_of, pixels):
    once, viewed = network_of("picture").train(), network_of(views).train()
    assert torch.equal(once(pixels), viewed(pixels))
    assert list(once.state_dict()) == list(viewed.state_dict())


def test_a_picture_and_its_mirror_image_get_the_same_answer(network_of, pixels):
    network = network_of("mirrored")
    torch.testing.assert_close(network(pixels), network(pixels.flip(2)))


def test_unknown_views_are_refused(network_of):
    with pytest.raises(SettingsError, match="views named 'mirorred'"):
        network_of("mirorred")
