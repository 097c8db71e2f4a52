import pytest

WIDTH = 120


@pytest.mark.parametrize(
    ("name", "size", "most_lines"),
    [("resnet50", "224x224x3", 70), ("googlenet", "224x224x3", 100), ("vgg19-bn", "64", 50)],
)
def test_the_summary_of_a_large_network_stays_readable(name, size, most_lines, command):
    lines = command("summary", name, "--input", size if "x" in size else f"{size}x{size}x3").out.splitlines()
    assert len(lines) <= most_lines
    assert max(map(len, lines)) <= WIDTH


def test_every_layer_has_a_line_when_all_are_asked_for(command):
    folded, every = (command("summary", "resnet18", *more).out for more in ((), ("--all",)))
    assert "layer1.0.bn1" not in folded
    assert "layer1.0.bn1" in every


def test_a_summary_says_what_small_pictures_change_and_what_a_floor_loses(command):
    told = command("summary", "resnet18").out
    assert "for small pictures: stem 3x3, stride 1, no pool (the input is below 64 pixels)" in told
    assert "loses 1 row and 1 column: layer2.0.downsample.0, layer3.0.downsample.0" in told
    assert "for small pictures" not in command("summary", "resnet18", "--input", "64x64x3").out


def test_a_summary_tells_the_auxiliary_heads_apart(command):
    last = command("summary", "googlenet", "--input", "224x224x3", "--classes", "1000").out.splitlines()[-1]
    assert last.startswith("6,624,904 parameters, 1,498.4 M multiply-adds a picture; 6,379,984 more parameters")


def test_a_strict_size_is_refused_with_the_arithmetic(command):
    outcome = command("summary", "alexnet", "--input", "224x224x3", "--set", "size_rule=strict")
    assert outcome.status == 2
    assert "features.0: the size does not fit: (224 + 2*2 - 11)/4 + 1 = 55.25 is no whole number" in outcome.err


def test_a_summary_takes_the_options_of_the_network_and_of_its_variations(command):
    outcome = command("summary", "resnet18", "--all", "--set", "stochastic_depth=0.5", "--set", "activation=gelu")
    assert "StochasticDepth" in outcome.out
    assert "GELU" in outcome.out
    assert "ReLU" not in outcome.out


def test_the_list_of_networks_says_what_small_pictures_change(command):
    assert "below 64 pixels: stem 3x3, stride 1, no pool" in command("models", "--references").out
    assert "below 64" not in command("models").out
