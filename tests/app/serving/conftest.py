import io
import json
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import onnx
import pytest
from PIL import Image

from sightline.inference.bundle import bundle_of, read_bundle, write_bundle
from sightline.inference.examples import write_examples
from sightline.inference.tasks import load

FIXTURE = Path(__file__).parents[2] / "inference" / "fixtures" / "version2.sightline"
CALIBRATION = {"factor": 1.0, "level": 0.9, "threshold": 0.0, "count": 100}
START = """
import json, sys
from pathlib import Path
from sightline.app.http.address import bound
from sightline.app.http.limits import HttpLimits
from sightline.app.http.security import AccessRules
from sightline.app.serving.answers.limits import PictureLimits
from sightline.app.serving.processes.plan import Plan
from sightline.app.serving.service import serve_plan
options = json.loads(sys.argv[1])
files = {name: Path(file) for name, file in options["files"].items()}
rules = AccessRules.of("127.0.0.1", options["token"])
limits = HttpLimits(**options["http"]), PictureLimits(**options["pictures"])
with bound("127.0.0.1", options["port"]) as listener:
    plan = Plan(files, rules, *limits, watch=options["watch"], teach=options["teach"], workers=options["processes"])
    serve_plan(plan, listener)
"""
PICTURE_LIMITS = ("pictures", "explained", "queue")


@dataclass
class Service:
    """A service in a process of its own."""

    process: subprocess.Popen
    address: str
    log_file: Path

    @property
    def port(self):
        return int(self.address.rstrip("/").rpartition(":")[2])

    @property
    def log(self):
        return self.log_file.read_text()

    def client(self, **options):
        return httpx.Client(base_url=self.address, timeout=60, trust_env=False, **options)

    def figure(self, name):
        """Return the sum of a metric's lines that begin so."""
        with self.client() as client:
            lines = client.get("/metrics").text.splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"sightline_{name}"))

    def stop(self, number=signal.SIGTERM):
        """Stop it, and return the status."""
        self.process.send_signal(number)
        return self.process.wait(60)

    def wait_for(self, words, *, times=1, seconds=60):
        """Wait until the log has said something so often."""
        end = time.monotonic() + seconds
        while self.log.count(words) < times:
            assert time.monotonic() < end, self.log
            time.sleep(0.02)


def words_for(files, *, processes=1, port=0, token=None, watch=False, teach=False, **limits):
    options = {"files": {name: str(file) for name, file in files.items()}, "processes": processes}
    options |= {"port": port, "token": token, "watch": watch, "teach": teach}
    options["pictures"] = {name: value for name, value in limits.items() if name in PICTURE_LIMITS}
    options["http"] = {name: value for name, value in limits.items() if name not in PICTURE_LIMITS}
    return [sys.executable, "-W", "error", "-c", START, json.dumps(options)]


@contextmanager
def begun(folder, files, **options):
    words = words_for(files, **options)
    log_file = folder / f"log{len(list(folder.glob('log*')))}"
    with log_file.open("w") as log:
        process = subprocess.Popen(  # noqa: S603 - our own code
            words,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        lines = [process.stdout.readline() for _ in files]
        address = re.search(r"http://\S+", lines[0])
        assert address, log_file.read_text()
        yield Service(process, address.group(), log_file)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture(scope="session")
def begin():
    """``begin(folder, {"name": file}, port=0, token=None, watch=False, teach=False, **limits)``: a service."""
    return begun


@pytest.fixture(scope="session")
def command_of():
    """``command_of({"name": file}, processes=1, ...)``: the words that begin a service."""
    return words_for


@pytest.fixture(scope="session")
def write_model():
    """``write_model(file, arrays=None, classes=..., **manifest)``: a sound model of three classes, 16x12 pictures."""

    def write(file, arrays=None, **changes):
        bundle = read_bundle(FIXTURE)
        bundle = bundle_of({**bundle.manifest, **changes}, bundle.weights, bundle.graph, arrays=bundle.arrays)
        write_bundle(file, bundle.with_more(arrays, {}) if arrays else bundle)
        return file

    return write


@pytest.fixture(scope="session")
def write_run(picture):
    """``write_run(folder, count=6, **manifest)``: the same model with examples beside it, the pictures of seeds 0, ...

    Their classes are ant, bee, cat, ant, ...
    """

    def write(folder, count=6, **changes):
        folder.mkdir(exist_ok=True)
        bundle = read_bundle(FIXTURE)
        changed = bundle_of(
            {**bundle.manifest, **changes}, bundle.weights, with_features(bundle.graph), arrays=bundle.arrays
        )
        write_bundle(folder / "model.sightline", changed)
        classifier = load(folder)
        pictures = [picture(seed) for seed in range(count)]
        pixels = np.stack([classifier.format.read(payload, name="a picture") for payload in pictures])
        thumbnails = [picture(seed, "JPEG") for seed in range(count)]
        labels = np.arange(count) % 3
        write_examples(
            folder / "examples.safetensors",
            classifier,
            labels=labels,
            features=classifier.with_features(pixels)[1],
            thumbnails=thumbnails,
        )
        return folder

    return write


def with_features(graph):
    """Return the fixture's graph, made before features had a name, with the name that they have now."""
    model = onnx.load_from_string(graph)
    dense = next(node for node in model.graph.node if node.op_type == "Gemm")
    before = next(node for node in model.graph.node if node.output[0] == dense.input[0])
    before.output[0] = dense.input[0] = "features"
    return model.SerializeToString()


@pytest.fixture(scope="session")
def service(tmp_path_factory, write_model):
    """A service of two models, one calibrated, that no test may stop."""
    folder = tmp_path_factory.mktemp("service")
    files = {
        "insects": write_model(folder / "insects.sightline"),
        "sure": write_model(
            folder / "sure.sightline",
            calibration=CALIBRATION,
            licence="CC0-1.0",
            figures={"accuracy": 0.5, "loss": float("1e300")},
            preprocess={**read_bundle(FIXTURE).manifest["preprocess"], "deep": {"whole": [0, 4095]}},
        ),
    }
    with begun(folder, files) as running:
        yield running


@pytest.fixture
def client(service):
    with service.client() as client:
        yield client


def picture_bytes(seed=0, kind="PNG", size=(20, 14)):
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, kind)
    return stream.getvalue()


@pytest.fixture(scope="session")
def picture():
    """``picture(seed, kind="PNG", size=(20, 14))``: the bytes of a picture."""
    return picture_bytes


@pytest.fixture(scope="session")
def slow_picture():
    """The bytes of a picture that is small to send and takes a while to decode."""
    stream = io.BytesIO()
    Image.new("RGB", (3000, 3000), (9, 99, 199)).save(stream, "PNG", compress_level=1)
    return stream.getvalue()
