"""Several processes write into one log."""

import os
import re
import subprocess
import sys
import time

WRITE = """
import sys
from sightline.app.serving.log import Log
log = Log()
for number in range(2000):
    log.say(f"{number} {sys.argv[1] * 150}")
log.close()
"""


def test_lines_of_several_processes_stay_whole_where_a_pipe_is_read_late():
    outgoing, incoming = os.pipe()
    writers = [subprocess.Popen([sys.executable, "-c", WRITE, letter], stderr=incoming) for letter in "ab"]  # noqa: S603 - our own code
    os.close(incoming)
    told = b""
    while piece := os.read(outgoing, 5000):
        told += piece
        time.sleep(0.0005)
    os.close(outgoing)
    lines = told.decode().splitlines()
    assert [writer.wait() for writer in writers] == [0, 0]
    assert len(lines) == 4000
    assert [line for line in lines if not re.fullmatch(r"\S+ \d+ (a{150}|b{150})", line)] == []
