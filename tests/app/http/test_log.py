"""The log of several processes that nobody may have to wait for."""

import os
import re
import subprocess
import sys
import time

from sightline.app.http.log import MOST_LINES

WRITE = """
import sys
from sightline.app.http.log import LOGGER, open_log
with open_log():
    for number in range(2000):
        LOGGER.info("%d %s", number, sys.argv[1] * 150)
"""

OVERFLOW = """
import os, sys
from sightline.app.http.log import LOGGER, MOST_LINES, open_log
with open_log():
    for _ in range(MOST_LINES + 3000):
        LOGGER.info("x" * 100)
    print("not held up", flush=True)
    sys.stdin.readline()
    LOGGER.info("last")
"""
FAULT = """
from sightline.app.http.log import LOGGER, open_log
with open_log():
    try:
        raise ValueError("of\\x1b[2J\\nours")
    except ValueError:
        LOGGER.exception("a fault")
"""


def test_lines_of_several_processes_stay_whole_where_a_pipe_is_read_late():
    outgoing, incoming = os.pipe()
    writers = [subprocess.Popen([sys.executable, "-c", WRITE, letter], stderr=incoming) for letter in "ab"]  # noqa: S603 - our own code
    os.close(incoming)
    text = b""
    while piece := os.read(outgoing, 5000):
        text += piece
        time.sleep(0.0005)
    os.close(outgoing)
    lines = text.decode().splitlines()
    assert [writer.wait() for writer in writers] == [0, 0]
    assert len(lines) == 4000
    assert [line for line in lines if not re.fullmatch(r"\S+ \d+ (a{150}|b{150})", line)] == []


def test_who_writes_is_not_held_up_where_nobody_reads_and_the_lost_lines_are_counted():
    piped = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", OVERFLOW], **piped) as writer:  # noqa: S603 - our own code
        assert writer.stdout.readline() == b"not held up\n"
        held_back = os.read(writer.stderr.fileno(), 200 * MOST_LINES)  # there is room again
        while held_back.count(b"\n") < MOST_LINES:
            held_back += os.read(writer.stderr.fileno(), 65536)
        rest = writer.communicate(b"\n", timeout=60)[1]
    lines = (held_back + rest).splitlines()
    found = (re.search(rb"(\d+) lines could not be written", line) for line in lines)  # room may come and go
    lost = sum(int(match[1]) for match in found if match)
    assert lost
    assert lines[-1].endswith(b"last")
    assert sum(line.endswith(b"x") for line in lines) + lost == MOST_LINES + 3000


def test_a_process_ends_though_nobody_reads_its_log():
    outgoing, incoming = os.pipe()
    writer = subprocess.Popen([sys.executable, "-c", WRITE, "a"], stderr=incoming)  # noqa: S603 - our own code
    assert writer.wait(60) == 0
    os.close(outgoing)
    os.close(incoming)


def test_a_traceback_stays_readable_and_steers_no_terminal():
    outcome = subprocess.run([sys.executable, "-c", FAULT], check=True, capture_output=True, text=True)  # noqa: S603 - our own code
    lines = [line.partition(" ")[2] for line in outcome.stderr.splitlines()]
    assert lines[0] == "a fault"
    assert lines[1] == "Traceback (most recent call last):"
    assert r"ValueError: of\x1b[2J" in lines
    assert "\x1b" not in outcome.stderr
