import copy
import pickle

import pytest

from sightline.core import errors
from sightline.core.errors import SightlineError
from sightline.core.findings import Finding, Severity, errors_among, gravest_first

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, SightlineError)]


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_crosses_a_process_border_whole(kind):
    error = kind("a.jpg is empty", hint="copy it again")

    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301 - our own bytes
        assert type(twin) is kind
        assert (twin.problem, twin.hint) == ("a.jpg is empty", "copy it again")
        assert str(twin) == "a.jpg is empty\ncopy it again"


def test_an_error_without_a_hint_cannot_be_raised():
    with pytest.raises(TypeError, match="hint"):
        SightlineError("a.jpg is empty")


def test_findings_come_gravest_first_and_else_in_their_order():
    findings = [Finding(code, Severity(severity), "s", "a") for code, severity in
                [("n1", "note"), ("e1", "error"), ("w1", "warning"), ("e2", "error"), ("n2", "note")]]  # fmt: skip

    assert [finding.code for finding in gravest_first(findings)] == ["e1", "e2", "w1", "n1", "n2"]
    assert [finding.code for finding in errors_among(findings)] == ["e1", "e2"]


def test_a_finding_as_json_keeps_all_of_its_evidence():
    finding = Finding("code", Severity.NOTE, "seen", "do", tuple(map(str, range(1000))))

    assert finding.as_json()["severity"] == "note"
    assert len(finding.as_json()["evidence"]) == 1000
