import hashlib
import os
from dataclasses import replace

import pytest

from sightline.core.errors import BundleError, MissingExtraError, SettingsError
from sightline.models.bases import files
from sightline.models.bases.files import digest_of, find_weights, opened, weights_at_hand
from sightline.models.bases.table import BASES, Package

LITE = BASES["efficientnet-lite0"]
NOWHERE = replace(LITE, package=Package("no-such-package-at-all", "1.0", "none/none-57934424.pth"))


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Return a maker of an installed package with a file of weights, whose code would be seen if it were run."""

    def install(content):
        root = tmp_path / "site"
        (root / "some_weights").mkdir(parents=True)
        (root / "some_weights" / "__init__.py").write_text("raise RuntimeError('imported')")
        (root / "some_weights-1.0.dist-info").mkdir()
        metadata = "Metadata-Version: 2.1\nName: some-weights\nVersion: 1.0\n"
        (root / "some_weights-1.0.dist-info" / "METADATA").write_text(metadata)
        if content is not None:
            (root / "some_weights" / "w.pth").write_bytes(content)
        monkeypatch.syspath_prepend(root)
        digest = hashlib.sha256(content or b"").hexdigest()
        return replace(LITE, digest=digest, package=Package("some-weights", "1.0", "some_weights/w.pth"))

    return install


def test_the_extra_s_package_holds_the_file_that_the_table_says():
    assert digest_of(find_weights(LITE)) == LITE.digest


def test_an_installed_package_is_found_without_running_it(package, tmp_path):
    base = package(b"tensors")
    assert find_weights(base) == tmp_path / "site" / "some_weights" / "w.pth"


def test_a_package_without_its_file_is_refused(package):
    with pytest.raises(BundleError, match=r"some-weights 1.0 is installed without its file some_weights/w.pth"):
        find_weights(package(None))


def test_a_package_with_another_file_is_refused_when_that_is_read(package):
    base = replace(package(b"tensors"), digest="00" * 32)
    with (
        pytest.raises(BundleError, match=f"has the SHA-256 sum [0-9a-f]{{64}}; expected {'00' * 32}"),
        opened(find_weights(base), base.digest),
    ):
        pass


def test_a_package_that_is_missing_is_said_with_the_one_command():
    with pytest.raises(MissingExtraError, match=r"pip install no-such-package-at-all==1.0"):
        find_weights(NOWHERE)
    assert weights_at_hand(NOWHERE) is None


def test_what_was_fetched_is_found_and_what_was_not_is_said_with_the_one_command(tmp_path, published):
    base = published(b"x")
    with pytest.raises(SettingsError, match=r"nothing is fetched unasked\n.*--download"):
        find_weights(base, folder=tmp_path)
    (tmp_path / base.file_name).write_bytes(b"x")
    assert find_weights(base, folder=tmp_path) == tmp_path / base.file_name


def test_the_first_digits_of_a_digest_are_enough_where_no_more_is_published(tmp_path):
    (tmp_path / "w").write_bytes(b"x")
    own = hashlib.sha256(b"x").hexdigest()
    with opened(tmp_path / "w", own[:8]) as stream:
        assert stream.read() == b"x"
    with (
        pytest.raises(BundleError, match="expected 00000000, the first digits as published"),
        opened(tmp_path / "w", "0" * 8),
    ):
        pass


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no FIFOs here")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BundleError, match="is no plain file"):
        digest_of(tmp_path / "pipe")


def test_a_folder_and_a_name_without_a_file_are_refused(tmp_path):
    with pytest.raises(BundleError, match="is no plain file"):
        digest_of(tmp_path)
    with pytest.raises(BundleError, match="can't be read: No such file"):
        digest_of(tmp_path / "none")


def test_a_file_that_is_too_large_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MOST_BYTES", 4)
    (tmp_path / "w").write_bytes(b"12345")
    with pytest.raises(BundleError, match="has 5 bytes; weights have at most 4"):
        digest_of(tmp_path / "w")
