import numpy as np
import pytest
import torch
from torch import nn

from sightline.classical import ENCODERS
from sightline.classical.plan import Plan
from sightline.core.errors import SettingsError
from sightline.inference.export.onnx_graph import graph_of
from sightline.inference.graph import Graph
from sightline.inference.signature import classification

PYRAMID = {"pyramid": ("1", "2", "3x1"), "pyramid_weights": "match"}
CASES = {
    "none": ("none", {}),
    "bag, hard": ("bag", PYRAMID),
    "bag, soft": ("bag", {**PYRAMID, "assignment": "soft"}),
    "vlad": ("vlad", PYRAMID),
    "fisher": ("fisher", PYRAMID),
    "triangle": ("triangle", PYRAMID),
}
POOLING = {case: named for case, named in CASES.items() if case != "none"}
REGIONS = 8

every_encoder = pytest.mark.parametrize(("name", "options"), CASES.values(), ids=CASES)
every_pooling_encoder = pytest.mark.parametrize(("name", "options"), POOLING.values(), ids=POOLING)


def test_there_is_a_case_for_every_encoder():
    assert {name for name, _ in CASES.values()} == set(ENCODERS)


@every_encoder
def test_the_length_is_known_before_the_fit(name, options, positions, local, encoder_of):
    length = ENCODERS[name].load()(positions, 8, Plan(("sift",), words=5, **options)).length
    encoder = encoder_of(name, **options)
    vectors = encoder(local)
    assert encoder.length == length
    assert vectors.shape == (3, length)
    assert vectors.dtype == torch.float32


@every_encoder
def test_a_picture_of_nothing_but_flat_patches_is_zeros(name, options, local, encoder_of):
    vectors = encoder_of(name, **options)(local)
    assert vectors.isfinite().all()
    assert vectors.abs().amax(dim=1).gt(0).tolist() == [True, True, False]


@every_pooling_encoder
def test_flat_patches_count_for_nothing(name, options, positions, local, encoder_of):
    whole = encoder_of(name, **options)
    bumpy = local[0].abs().sum(dim=1).numpy() > 0
    without = encoder_of(name, places=positions[bumpy], **options)
    torch.testing.assert_close(without(local[:1, bumpy]), whole(local[:1]), atol=1e-5, rtol=1e-4)


@every_encoder
def test_a_picture_has_the_same_vector_alone_and_in_a_batch(name, options, local, encoder_of):
    encoder = encoder_of(name, **options)
    alone = torch.cat([encoder(picture[None]) for picture in local])
    torch.testing.assert_close(alone, encoder(local), atol=1e-5, rtol=1e-4)


@every_encoder
def test_the_same_sample_and_seed_give_the_same_bits(name, options, encoder_of):
    one, other = (encoder_of(name, **options).state_dict() for _ in range(2))
    assert one.keys() == other.keys()
    assert all(torch.equal(one[key], other[key]) for key in one)


@every_pooling_encoder
@pytest.mark.parametrize("kind", ["no rows", "flat rows", "one row", "three rows", "one row again and again"])
def test_a_sample_that_is_too_small_leaves_zeros_and_is_told(name, options, kind, positions, local, sample_of):
    sample = {
        "no rows": sample_of(0),
        "flat rows": np.zeros((50, 8), np.float32),
        "one row": sample_of(1),
        "three rows": sample_of(3),
        "one row again and again": np.repeat(sample_of(1), 50, axis=0),
    }[kind]
    encoder = ENCODERS[name].load()(positions, 8, Plan(("sift",), words=5, **options))
    remark = encoder.fit(sample, seed=0)
    entries = 3 if kind == "three rows" else 1
    assert remark.startswith(f"The vocabulary has {entries} of 5 entries")
    vectors = encoder(torch.cat([local, torch.from_numpy(sample_of(36))[None], 100 * local]))
    assert vectors.shape == (7, encoder.length)
    assert vectors.isfinite().all()
    used = vectors.reshape(7, REGIONS, 5, -1).abs().amax(dim=(0, 1, 3)) > 0
    assert not used[entries:].any()


@every_pooling_encoder
def test_a_pyramid_that_can_not_be_read_is_told(name, options, positions):
    with pytest.raises(SettingsError, match="'two'"):
        ENCODERS[name].load()(positions, 8, Plan(("sift",), words=5, **{**options, "pyramid": ("two",)}))


class Front(nn.Module):
    """Pixels (N, G, D, 1) to local descriptors (N, G, D); 128 is zero."""

    def forward(self, pixels):
        return pixels.flatten(2).float() / 64 - 2


@every_pooling_encoder
def test_a_graph_computes_the_same(name, options, encoder_of):
    pixels = np.random.default_rng(0).integers(0, 256, (3, 36, 8, 1), dtype=np.uint8)
    pixels[0, ::5] = 128
    pixels[2] = 128
    network = nn.Sequential(Front(), encoder_of(name, **{**options, "pyramid": ("1", "1x2")}))
    vectors = network(torch.from_numpy(pixels))
    graph = Graph(graph_of(network, pixels.shape[1:]), classification(pixels.shape[1:], vectors.shape[1]))
    for count in (1, 3):
        logits = torch.from_numpy(graph.run(pixels[:count])[0]).log()
        centred = [each - each.mean(dim=1, keepdim=True) for each in (logits, vectors[:count])]
        torch.testing.assert_close(*centred, atol=1e-5, rtol=1e-4)
