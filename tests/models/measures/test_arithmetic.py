import subprocess
import sys
from itertools import product

import pytest
import torch
from torch import nn

from sightline.core.errors import SettingsError
from sightline.models.measures.arithmetic import check_sizes, output_size, strictly


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding", "expected"),
    [(7, 3, 1, 0, 5), (7, 3, 2, 0, 3), (32, 5, 1, 2, 32), (227, 11, 4, 0, 55), (3, 2, 1, 1, 4)],
)
def test_the_textbook_s_sizes_come_out(size, kernel, stride, padding, expected):
    assert output_size(size, kernel=kernel, stride=stride, padding=padding, strict=True) == expected


def test_a_strict_size_that_is_not_whole_is_refused_with_the_arithmetic():
    with pytest.raises(SettingsError) as caught:
        output_size(7, kernel=3, stride=3, strict=True, layer="conv1")
    assert caught.value.problem == "conv1: the size does not fit: (7 + 2*0 - 3)/3 + 1 = 2.33 is no whole number"
    assert output_size(7, kernel=3, stride=3) == 2


def test_a_window_that_is_larger_than_the_padded_input_is_refused_with_the_arithmetic():
    with pytest.raises(SettingsError) as caught:
        output_size(4, kernel=7, padding=1, layer="conv1")
    assert caught.value.problem == "conv1: a window of 7 does not fit into 4 pixels: (4 + 2*1 - 7)/1 + 1 = 0 is below 1"


def test_the_sizes_are_torch_s_over_a_grid():
    grid = product((5, 8, 11), (1, 2, 3), (1, 2, 3), (0, 1), (1, 2), (False, True))
    for size, kernel, stride, padding, dilation, ceil_mode in grid:
        if padding * 2 > kernel:
            continue
        pool = nn.MaxPool2d(kernel, stride, padding, dilation, ceil_mode=ceil_mode)
        theirs = pool(torch.empty(1, 1, size, size, device="meta")).shape[-1]
        choice = {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation, "ceil_mode": ceil_mode}
        assert output_size(size, **choice) == theirs, (size, choice)


def test_what_is_said_to_be_lost_is_what_gets_no_gradient():
    convolution = nn.Conv2d(1, 1, 3, stride=3)
    picture = torch.ones(1, 1, 8, 10, requires_grad=True)
    convolution(picture).sum().backward()
    unseen = picture.grad[0, 0] == 0
    (note,) = check_sizes(nn.Sequential(convolution), (8, 10, 1))
    assert (note.layer, note.rows, note.columns) == ("0", 2, 1)
    assert (int(unseen.all(dim=1).sum()), int(unseen.all(dim=0).sum())) == (2, 1)
    assert str(note) == "loses 2 rows and 1 column"


def test_lost_padding_is_told_apart():
    (note,) = check_sizes(nn.Sequential(nn.Conv2d(1, 1, 3, stride=2, padding=1)), (8, 8, 1))
    assert str(note) == "loses padding only"


def test_only_a_marked_layer_is_strict_until_all_are():
    loose = nn.Sequential(nn.Conv2d(3, 4, 3, stride=2), nn.MaxPool2d(2))
    marked = nn.Sequential(strictly(nn.Conv2d(3, 4, 3, stride=2)), nn.MaxPool2d(2))
    assert [note.layer for note in check_sizes(loose, (8, 8, 3))] == ["0", "1"]
    with pytest.raises(SettingsError, match=r"0: the size does not fit: \(8 \+ 2\*0 - 3\)/2 \+ 1 = 3.5"):
        check_sizes(marked, (8, 8, 3))
    assert [note.layer for note in check_sizes(marked, (9, 9, 3))] == []
    with pytest.raises(SettingsError, match=r"1: the size does not fit: \(3 \+ 2\*0 - 2\)/2 \+ 1 = 1.5"):
        check_sizes(loose, (7, 7, 3), strict=True)


def test_a_layer_that_does_not_fit_is_named_before_torch_stumbles_over_it():
    network = nn.Sequential(nn.MaxPool2d(2), nn.MaxPool2d(2), nn.Conv2d(3, 4, 5))
    with pytest.raises(SettingsError, match="2: a window of 5 does not fit into 2 pixels"):
        check_sizes(network, (8, 8, 3))


def test_a_padding_that_keeps_the_size_loses_nothing():
    assert check_sizes(nn.Sequential(nn.Conv2d(3, 4, 3, padding="same")), (9, 9, 3), strict=True) == ()


def test_checking_leaves_the_network_as_it_is():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout())
    network[1].eval()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    check_sizes(network, (8, 8, 3))
    assert [part.training for part in network] == [True, False, True]
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert not any(part._forward_pre_hooks for part in network)  # noqa: SLF001 - hooks have no public list


def test_the_formula_needs_no_torch():
    code = "import sys, sightline.models.measures.arithmetic; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603 - our own code
