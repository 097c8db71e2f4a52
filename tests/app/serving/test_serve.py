"""The verb: what it refuses to start with."""

import socket
import subprocess
import sys

import httpx
import pytest

from sightline.app.serving.naming import named_files
from sightline.app.serving.service import processes_for, serve
from sightline.core.errors import SettingsError

TOKEN = "0123456789abcdef"  # noqa: S105 - it guards nothing


@pytest.fixture
def file(tmp_path, write_model):
    return write_model(tmp_path / "flowers.sightline")


@pytest.fixture
def token_file(tmp_path):
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    return file


def test_the_verb_serves_under_the_given_name_and_limits(file, picture):
    code = "from sightline.app import cli; cli.main()"
    words = [sys.executable, "-c", code, "serve", f"roses={file}", "--port", "0", "--max-pictures", "1"]
    piped = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(words, **piped) as process:  # noqa: S603 - our own code
        try:
            line = process.stdout.readline()
            address = f"{line.split()[-1]}v1/models/roses/predict"
            statuses = [httpx.post(address, files=[("a", picture())] * count).status_code for count in (1, 2)]
        finally:
            process.terminate()
            log = process.communicate(timeout=60)[1]
    assert line.startswith("serving roses at http://127.0.0.1:")
    assert statuses == [200, 413]
    assert process.returncode == 0, log


def test_a_port_in_use_is_told_in_two_lines(command, file):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        outcome = command("serve", file, "--port", port)
    assert outcome.status == 2
    assert f"port {port} of 127.0.0.1 can't be had" in outcome.err
    assert len(outcome.err.splitlines()) == 2


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])  # noqa: S104 - it must be refused
def test_other_machines_are_let_in_with_a_token_only(host, command, file):
    outcome = command("serve", file, "--host", host, "--port", 0)
    assert outcome.status == 2
    assert "--token-file" in outcome.err


@pytest.mark.parametrize("text", ["", "short", "with a space in it", "ümlaut-in-a-token-"])
def test_a_token_that_is_none_is_refused(text, command, file, token_file):
    token_file.write_text(text)
    outcome = command("serve", file, "--token-file", token_file)
    assert outcome.status == 2
    assert "openssl rand" in outcome.err


def test_a_missing_token_file_is_refused(command, file, tmp_path):
    assert "none can't be read" in command("serve", file, "--token-file", tmp_path / "none").err


def test_a_token_that_others_may_read_is_warned_of(command, file, token_file):
    token_file.chmod(0o644)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        words = ("serve", file, "--token-file", token_file, "--port", taken.getsockname()[1])
        open_to_all = command(*words).err
        token_file.chmod(0o600)
        shut = command(*words).err
    assert "chmod 600" in open_to_all
    assert "chmod" not in shut


@pytest.mark.parametrize("share", [0, 0.2, 0.7, 0.99])
def test_a_broken_model_is_told_in_two_lines(share, command, file):
    file.write_bytes(file.read_bytes()[: int(share * file.stat().st_size)])
    outcome = command("serve", file, "--port", 0, "--processes", 1)
    assert outcome.status == 2
    assert str(file) in outcome.err
    assert len(outcome.err.splitlines()) == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["FILE", "FILE"], "both named flowers"),
        (["a=FILE", "a=FILE"], "both named a"),
        (["a/b=FILE"], "can't be a model's name"),
        (["=FILE"], "can't be a model's name"),
        (["nowhere.sightline"], "nowhere.sightline"),
    ],
)
def test_names_that_do_not_work_are_refused(words, message, command, file):
    outcome = command("serve", *(word.replace("FILE", str(file)) for word in words), "--port", 0, "--processes", 1)
    assert outcome.status == 2
    assert message in outcome.err


@pytest.mark.parametrize(
    ("cores", "megabytes", "processes"), [(1, 1, 1), (2, 1, 2), (16, 1, 4), (16, 200, 2), (16, 600, 1)]
)
def test_unless_told_a_core_has_a_process_as_far_as_the_models_have_room(
    cores, megabytes, processes, tmp_path, monkeypatch
):
    file = tmp_path / "large.sightline"
    with file.open("wb") as stream:
        stream.truncate(megabytes * 2**20)
    monkeypatch.setattr("sightline.app.serving.service.core_count", lambda: cores)
    assert processes_for({"a": file}) == processes


def test_a_missing_extra_is_named():
    code = (
        "import sys\nsys.modules['fastapi'] = None\n"
        "from sightline.app import cli\nsys.argv = ['sightline', 'serve', 'x']\ncli.main()"
    )
    outcome = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)  # noqa: S603 - our own code
    assert outcome.returncode == 2
    assert "pip install 'sightline[serve]'" in outcome.stderr.splitlines()[-1]


def test_serving_imports_no_torch():
    code = (
        "import sys, sightline.app.serving.processes.worker, sightline.app.verbs.serve\n"
        "print([name for name in ('torch', 'onnx', 'matplotlib', 'sklearn') if name in sys.modules])"
    )
    outcome = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)  # noqa: S603 - our own code
    assert outcome.stdout == "[]\n"


def test_python_serves_as_the_verb_does(file, picture):
    code = "import sys, sightline\nsightline.serve({'roses': sys.argv[1]}, port=0, max_pictures=1)"
    piped = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", code, file], **piped) as process:  # noqa: S603 - our own code
        try:
            address = f"{process.stdout.readline().split()[-1]}v1/models/roses/predict"
            statuses = [httpx.post(address, files=[("a", picture())] * count).status_code for count in (1, 2)]
        finally:
            process.terminate()
            log = process.communicate(timeout=60)[1]
    assert statuses == [200, 413]
    assert process.returncode == 0, log


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"max_picture": 3}, "max_picture"),
        ({"read_seconds": 0}, "is 0"),
        ({"max_pictures": 0.4}, r"max_pictures is 0\.4; expected 1 to 10000"),
        ({"max_queue": float("nan")}, "max_queue is nan"),
        ({"max_megabytes": float("inf")}, "max_megabytes is inf"),
        ({"processes": 0}, "processes is 0; expected 1 to 64"),
        ({"processes": -1}, "processes is -1"),
        ({"port": 70_000}, "port is 70000; expected 0 to 65535"),
    ],
)
def test_a_limit_that_does_not_work_is_refused(limits, message, file):
    with pytest.raises(SettingsError, match=message):
        serve(file, **limits)


def test_a_path_a_list_and_a_dictionary_name_models(file):
    assert named_files(file) == named_files([file]) == {"flowers": file}
    assert named_files({"a": file, "b": str(file)}) == {"a": file, "b": file}
    assert named_files([f"a={file}", file]) == {"a": file, "flowers": file}
