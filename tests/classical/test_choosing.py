"""Which parts go together, and what is refused because it would change nothing."""

import subprocess
import sys

import pytest

from sightline.classical import CLASSIFIERS, DESCRIPTORS, ENCODERS, KERNEL_MAPS, KERNELS
from sightline.classical.choosing import chosen_plan
from sightline.classical.pipelines import PIPELINES
from sightline.classical.plan import PLAN_FIELDS, plan_of
from sightline.core.errors import SettingsError


@pytest.mark.parametrize("name", PIPELINES)
def test_a_plan_survives_a_manifest(name):
    plan = chosen_plan(name, {})
    assert plan_of(plan.as_options()) == plan


@pytest.mark.parametrize("table", [CLASSIFIERS, DESCRIPTORS, ENCODERS, KERNEL_MAPS, KERNELS])
def test_every_name_leads_to_a_part_that_reads_fields_of_a_plan(table):
    for entry in table.values():
        assert callable(entry.load())
        assert set(entry.uses) <= set(PLAN_FIELDS)


def test_a_field_that_no_part_reads_is_refused_by_name():
    with pytest.raises(SettingsError, match=r"words = 99, assignment = soft would change nothing") as refused:
        chosen_plan("hog-svm", {"words": 99, "assignment": "soft", "cell": 4})
    assert "orientations" in refused.value.hint


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"descriptor": ("hogg",)}, "hogg"),
        ({"descriptor": ()}, "descriptor is empty"),
        ({"descriptor": ("top-colours",), "encoder": "bag"}, "describes the whole picture at once"),
        ({"classifier": "kernel-svm", "kernel_map": "chi-square"}, "has the kernel itself"),
    ],
)
def test_parts_that_do_not_go_together_are_refused(named, message):
    with pytest.raises(SettingsError, match=message):
        chosen_plan("features", named)


def test_options_of_a_manifest_are_not_believed():
    with pytest.raises(SettingsError, match="can't be made of the options"):
        plan_of({"descriptor": ["hog"], "colour": 3})


def test_the_tables_load_neither_torch_nor_scikit_learn():
    code = "import sys, sightline.classical.choosing; print({'torch', 'sklearn', 'scipy'} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert answer.stdout == "set()\n"
