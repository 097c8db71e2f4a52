import os

import filelock
import pytest

from sightline.core.errors import RunError
from sightline.core.lock import locked


def test_a_lock_of_a_dead_process_is_taken(tmp_path):
    child = os.fork() if hasattr(os, "fork") else pytest.skip("there is no fork here")
    if not child:
        filelock.FileLock(tmp_path / ".lock").acquire()
        os._exit(9)
    os.waitpid(child, 0)

    assert (tmp_path / ".lock").exists()
    with locked(tmp_path / ".lock", tmp_path):
        pass


def test_a_lock_that_somebody_holds_is_told(tmp_path):
    lock = tmp_path / ".lock"

    with locked(lock, tmp_path), pytest.raises(RunError, match="another process works"), locked(lock, tmp_path):
        pass


def test_a_link_in_the_place_of_a_lock_is_refused_and_what_it_leads_to_is_left_alone(tmp_path):
    (tmp_path / "precious").write_text("years of work")
    (tmp_path / ".lock").symlink_to(tmp_path / "precious")

    with pytest.raises(RunError, match="its lock is a link"), locked(tmp_path / ".lock", tmp_path):
        pass

    assert (tmp_path / "precious").read_text() == "years of work"


def test_a_folder_in_the_place_of_a_lock_is_told(tmp_path):
    (tmp_path / ".lock").mkdir()

    with pytest.raises(RunError, match="can't be written"), locked(tmp_path / ".lock", tmp_path):
        pass
