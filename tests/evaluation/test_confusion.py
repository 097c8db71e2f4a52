import numpy as np

from sightline.evaluation.confusion import heat_cells, heat_picture, most_confused


def test_confused_pairs_come_worst_first_and_of_equals_the_larger_share():
    confusion = np.array([[5, 2, 0], [0, 1, 2], [3, 0, 9]])
    pairs = most_confused(confusion, ("a", "b", "c"), 9)
    assert [(pair.truth, pair.prediction, pair.count) for pair in pairs] == [
        ("c", "a", 3),
        ("b", "c", 2),
        ("a", "b", 2),
    ]
    assert pairs[0].share == 0.25


def test_no_cell_of_the_matrix_is_too_dark_for_dark_and_too_light_for_light_numbers():
    confusion = np.array([[count, 100 - count] for count in range(101)])[:, :2]
    for row in confusion:
        for cell in heat_cells(np.array([row, row]))[0]:
            assert cell.opacity <= 0.5 or (cell.opacity >= 0.85 and cell.strong)
            assert (cell.opacity == 0) == (cell.count == 0)


def test_the_heat_picture_survives_a_class_without_pictures():
    assert heat_picture(np.array([[3, 1], [0, 0]])).startswith("data:image/png")
