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
    """Return a maker of networks with always the same weights."""

    def make(views, model="lenet"):
        torch.manual_seed(0)
        preprocess = fitted(PictureFormat(16, 16, "rgb"), [pixels.numpy()], centre="channel", scale="deviation")
        return build_network(model, preprocess, 3, {"views": views}).eval()

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


@pytest.mark.parametrize(("views", "count"), [("five-crops", 5), ("ten-crops", 10)])
def test_crops_are_the_middle_and_the_corners_seven_eighths_of_the_sides(network_of, pixels, views, count):
    once, cropped = network_of("picture", "quick-cnn"), network_of(views, "quick-cnn")
    places = [(1, 1), (0, 0), (0, 2), (2, 0), (2, 2)]
    crops = [pixels[:, top : top + 14, left : left + 14] for top, left in places]
    crops += [crop.flip(2) for crop in crops] if count == 10 else []
    expected = torch.stack([once(crop) for crop in crops]).mean(dim=0)
    torch.testing.assert_close(cropped(pixels), expected)
    assert VIEWS[views].count == count


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
