from sightline.evaluation.layers import Spread, layer_troubles, layers_json

SPREAD = Spread(-1.0, 1.0, 0.5, (1, 2, 3, 2))


def test_what_is_wrong_is_said_in_words(course, layers):
    still = Spread(0.0, 0.0, 0.0, (0, 9))
    sentences = layer_troubles(
        layers(
            course(name="relu3", dead=(0.0, 0.97)),
            course(name="tanh1", saturated=(0.0, 0.5)),
            course(name="conv2", gradients=(SPREAD, still)),
            course(name="relu4", dead=(0.97, 0.4)),
        )
    )
    assert [sentence.replace("\u00a0", " ") for sentence in sentences] == [
        "relu3: 97.0 % of its units never fire on 64 pictures.",
        "tanh1: 50.0 % of its outputs are saturated on 64 pictures.",
        "conv2: no gradient reaches its weights, so they do not learn.",
    ]


def test_json_tells_the_last_epoch(course, layers):
    assert layers_json(layers(course(weights=(None, SPREAD), dead=(0.5, 0.25)))) == [
        {
            "name": "conv1",
            "kind": "Conv2d",
            "dead": 0.25,
            "saturated": None,
            "weights_deviation": 0.5,
            "gradients_deviation": None,
            "outputs_deviation": None,
        }
    ]
