import os

import pytest

from sightline.app.http.address import token_in
from sightline.core.errors import SettingsError


def test_a_token_is_what_a_file_holds_without_the_space_around(tmp_path):
    (tmp_path / "token").write_text(" 0123456789abcdef\n")
    assert token_in(tmp_path / "token") == "0123456789abcdef"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_in_the_place_of_a_token_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "token")
    with pytest.raises(SettingsError, match="no regular file"):
        token_in(tmp_path / "token")
