"""What becomes of model files that somebody changed: refused in words, or answered by what was understood of them.

    .venv/bin/python benchmarks/bundle_fuzz.py

Every mutation of a good file is loaded and, where that goes, asked about two pictures, what is nearest to them, how far
a stranger is and what its card says. Nothing but a `SightlineError` may come of it; where the sums were left as they
were, only the unchanged graph may answer; where they were mended, onnx's own parser must read the same graph as ours. A
process that crashes or needs more than 30 s for one mutation is a failure, and so is one that needs twice the memory of
the good file. The table is in docs/benchmarks/bundle-fuzz.md; it takes a quarter of an hour on 2 cores.
"""

import hashlib
import io
import itertools
import json
import signal
import sys
import tempfile
import zipfile
from collections import Counter
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench.mutations import peak, scattered
from bench.origin import ROOT, origin
from bench.pages import publish, table
from bench.settings import started

FIXTURES = ROOT / "tests" / "inference" / "fixtures"
GOOD = (
    "version3.sightline",
    "version2-pipeline.sightline",
    "version3-similarity.sightline",
    "version3-extended.sightline",
)
MANIFEST, WEIGHTS, GRAPH, ARRAYS = "manifest.json", "weights.safetensors", "model.onnx", "arrays.safetensors"
FULL, TINY = (100_000, 1_000), (120, 60)
"""Mutations in all, and how many a process takes."""
SECONDS = 30
JPEG = b"\xff\xd8"
NUMBERS = (0, 1, -1, 2, 3, 7, 8, 255, 256, 2**31 - 1, 2**31, 2**32, 2**40, 2**62, -(2**63))
OPERATORS = (
    "If",
    "Loop",
    "NonZero",
    "MatMul",
    "Expand",
    "Tile",
    "Range",
    "ConstantOfShape",
    "Conv",
    "Softmax",
    "Reshape",
)
VALUES = (0, 1, -1, 2, 255, 2**15, 2**31, 2**62, 0.5, 1e-30, 1e30, float("nan"), float("inf"))
TYPES = ("<f4", "<f2", "<f8", "<i8", "|u1", "<u8")
NAMES = ("../x", "/etc/passwd", "MODEL.ONNX", "arrays.safetensors", " ")
OUTCOMES = ("refused", "unchanged graph answers", "changed graph answers as onnx reads it")


class Good(NamedTuple):
    """A model file as it was made: its bytes, its members, and what it answers."""

    content: bytes
    members: dict
    samples: np.ndarray
    answers: np.ndarray


def good(name):
    """Return a file of the tests."""
    from sightline.inference.tasks import load

    path = FIXTURES / name
    with zipfile.ZipFile(path) as archive:
        members = {member: archive.read(member) for member in archive.namelist()}
    if ARRAYS in members:
        members[ARRAYS] = with_all_arrays(members[ARRAYS])
    content, model = packed(members) if ARRAYS in members else path.read_bytes(), load(path, threads=1)
    samples = np.random.default_rng(0).integers(0, 256, (2, *model.format.shape), dtype=np.uint8)
    return Good(content, members, samples, model.probabilities(samples))


def with_all_arrays(content):
    """Return the arrays of a file with those that it may have too: copies of pictures, and how well they fit."""
    from sightline.inference.arrays.array_file import read_arrays, written_arrays

    arrays = read_arrays(content)
    copies = [JPEG + bytes(9)] * len(arrays["support.labels"])
    arrays |= {"support.copies": np.frombuffer(b"".join(copies), np.uint8)}
    arrays |= {"support.ends": np.cumsum([len(copy) for copy in copies], dtype=np.int64)}
    if "anchors.labels" in arrays:
        arrays |= {name: np.linspace(0, 1, 20) for name in ("fit.cosines", "fit.shares")}
    return written_arrays(arrays)


def packed(members, *, method=zipfile.ZIP_STORED, mend=True):
    """Return a model file of members, whose sums are right if they are mended."""
    if mend:
        manifest = json.loads(members[MANIFEST])
        sums = {WEIGHTS: "weights_sha256", GRAPH: "graph_sha256", ARRAYS: "arrays_sha256"}
        manifest |= {key: hashlib.sha256(members[name]).hexdigest() for name, key in sums.items() if name in members}
        members = members | {MANIFEST: json.dumps(manifest).encode()}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def bytes_of_the_file(source, chance):
    """Change bytes of the whole archive."""
    return scattered(source.content, chance)


def bytes_of_the_graph(source, chance):
    """Change bytes of the graph, and mend its sum."""
    return packed(source.members | {GRAPH: scattered(source.members[GRAPH], chance)})


def bytes_of_the_weights(source, chance):
    """Change bytes of the weights, and mend their sum."""
    return packed(source.members | {WEIGHTS: scattered(source.members[WEIGHTS], chance)})


def bytes_of_the_arrays(source, chance):
    """Change bytes of the arrays beside the graph, and mend their sum; of the file, where it has none."""
    if ARRAYS not in source.members:
        return bytes_of_the_file(source, chance)
    return packed(source.members | {ARRAYS: scattered(source.members[ARRAYS], chance)})


def values_of_the_arrays(source, chance):
    """Change values, shapes, types and names of the arrays beside the graph; of the manifest, where there are none."""
    from sightline.inference.arrays.array_file import read_arrays, written_arrays

    if ARRAYS not in source.members:
        return values_of_the_manifest(source, chance)
    arrays = {name: array.copy() for name, array in read_arrays(source.members[ARRAYS]).items()}
    for _ in range(int(chance.integers(1, 4))):
        name = sorted(arrays)[int(chance.integers(len(arrays)))]
        array, other = arrays[name], arrays[sorted(arrays)[int(chance.integers(len(arrays)))]]
        match int(chance.integers(7)):
            case 0 if array.size:
                value = VALUES[int(chance.integers(len(VALUES)))]
                with np.errstate(all="ignore"):
                    array.flat[int(chance.integers(array.size))] = np.array(value, np.float64).astype(array.dtype)
            case 1:
                arrays[name] = array[: int(chance.integers(len(array) + 1))]
            case 2:
                with np.errstate(all="ignore"):
                    arrays[name] = array.astype(TYPES[int(chance.integers(len(TYPES)))])
            case 3 if len(arrays) > 1:
                del arrays[name]
            case 4:
                arrays[name] = other
            case 5:
                arrays[name] = array.reshape(-1) if chance.integers(2) else array[None]
            case _:
                arrays[name] = np.concatenate([array] * int(chance.integers(2, 4)))
    return packed(source.members | {ARRAYS: written_arrays(arrays)})


def tags_of_the_graph(source, chance):
    """Put fields behind the graph that parsers read in their own ways."""
    field, wire, high = int(chance.integers(1, 30)), int(chance.choice([0, 1, 2, 5])), int(chance.integers(2))
    tag = field << 3 | wire | high << 32
    digits = [tag >> 7 * place & 0x7F for place in range(int(chance.integers(max(1, -(-tag.bit_length() // 7)), 11)))]
    value = source.members[GRAPH] if chance.integers(2) else chance.bytes(int(chance.integers(0, 9)))
    length = [len(value) & 0x7F | 0x80, len(value) >> 7 & 0x7F | 0x80, len(value) >> 14]
    content = bytes([digit | 0x80 for digit in digits[:-1]] + digits[-1:]) + bytes(length) + value
    return packed(source.members | {GRAPH: source.members[GRAPH] + content})


def shapes_of_the_graph(source, chance):
    """Change numbers, operators and names of the graph, as onnx's own package writes them."""
    import onnx

    model = onnx.load_from_string(source.members[GRAPH])
    graph = model.graph
    for _ in range(int(chance.integers(1, 4))):
        number = int(chance.choice(NUMBERS, shuffle=False)) if chance.integers(2) else int(chance.integers(0, 5000))
        node = graph.node[int(chance.integers(len(graph.node)))]
        array = graph.initializer[int(chance.integers(len(graph.initializer)))]
        match int(chance.integers(7)):
            case 0 if array.dims:
                array.dims[int(chance.integers(len(array.dims)))] = number
            case 1 if array.data_type == onnx.TensorProto.INT64 and len(array.raw_data) in (8, 16, 24, 32):
                numbers = np.frombuffer(array.raw_data, np.int64).copy()
                numbers[int(chance.integers(len(numbers)))] = number
                array.raw_data = numbers.tobytes()
            case 2 if node.attribute:
                attribute = node.attribute[int(chance.integers(len(node.attribute)))]
                attribute.i = number
                attribute.ints[:] = [number for _ in attribute.ints]
            case 3:
                node.op_type = str(chance.choice(OPERATORS))
            case 4 if node.input:
                names = [name for other in graph.node for name in other.output] + [
                    one.name for one in graph.initializer
                ]
                node.input[int(chance.integers(len(node.input)))] = str(chance.choice(names))
            case 5:
                array.data_type = int(chance.integers(0, 24))
            case _:
                graph.node.append(node)
                graph.node[-1].output[0] += "again"
    return packed(source.members | {GRAPH: model.SerializeToString()})


def values_of_the_manifest(source, chance):
    """Change a value of the manifest, or of an object in it."""
    manifest = place = json.loads(source.members[MANIFEST])
    while True:
        keys = list(place) if isinstance(place, dict) else range(len(place))
        key = keys[int(chance.integers(len(keys)))]
        if not (isinstance(place[key], dict | list) and place[key]) or chance.integers(3) == 0:
            break
        place = place[key]
    values = (None, True, "", "x" * 300, [], {}, [[]], 0.5, float("nan"), 1e308, -1, 2**62, "\ud800", "\x1b[2J")
    place[key] = values[int(chance.integers(len(values)))]
    return packed(source.members | {MANIFEST: json.dumps(manifest).encode()}, mend=False)


def members_of_the_archive(source, chance):
    """Rename, double, compress, drop or add a member, or let the archive lie of one's size."""
    members = dict(source.members)
    name = list(members)[int(chance.integers(len(members)))]
    match int(chance.integers(5)):
        case 0:
            members[str(chance.choice(NAMES))] = members.pop(name)
        case 1:
            members["arrays.safetensors"] = chance.bytes(9)
        case 2:
            return packed(members, method=int(chance.choice([8, 12, 14])), mend=False)
        case 3:
            del members[name]
        case _:
            content = bytearray(source.content)
            place = content.rindex(name.encode()) - int(chance.integers(1, 46))
            content[place : place + 4] = int(chance.choice([0, 1, 2**31, 2**32 - 1])).to_bytes(4, "little")
            return bytes(content)
    return packed(members, mend=False)


WAYS = (
    bytes_of_the_file,
    bytes_of_the_graph,
    bytes_of_the_weights,
    bytes_of_the_arrays,
    values_of_the_arrays,
    tags_of_the_graph,
    shapes_of_the_graph,
    values_of_the_manifest,
    members_of_the_archive,
)


def outcome(path, source, *, mended):
    """Return what becomes of a file.

    Args:
        path: The changed file.
        source: What it was made of.
        mended: Whether its sums were made to fit.
    """
    from sightline.core.errors import SightlineError
    from sightline.inference.onnx_file import read_model
    from sightline.inference.tasks import load
    from sightline.line.enrolment.verification import rates_of
    from sightline.line.pages.card import show

    try:
        model = load(path, threads=1)
        pixels = np.resize(source.samples, (2, *model.format.shape))
        answers = model.probabilities(pixels)
        model.refusals(model.decide(pixels))
        rates_of(model)
        show(path)
    except SightlineError as error:
        return "refused" if error.problem and error.hint else "an error without words"
    if model.graph == source.members[GRAPH]:
        return OUTCOMES[1] if np.array_equal(answers, source.answers, equal_nan=True) or mended else "other answers"
    if not mended:
        return "another graph answers"
    return OUTCOMES[2] if as_onnx_reads(model.graph, read_model(model.graph).written()) else "onnx reads another graph"


def as_onnx_reads(content, written):
    """Return whether onnx's own parser finds the same nodes, arrays, inputs and outputs in both."""
    import onnx

    found = []
    for graph in (onnx.load_from_string(content).graph, onnx.load_from_string(written).graph):
        messages = (graph.node, graph.initializer, graph.input, graph.output)
        found.append([plain(message).SerializeToString(deterministic=True) for group in messages for message in group])
    return found[0] == found[1]


def plain(message):
    """Return a message without texts about it, and without what says of the standard that it is the standard."""
    for descriptor, value in message.ListFields():
        if descriptor.name in ("doc_string", "metadata_props", "domain", "denotation", "data_location"):
            message.ClearField(descriptor.name)
        elif descriptor.type == descriptor.TYPE_MESSAGE:
            for one in value if descriptor.is_repeated else [value]:
                plain(one)
    return message


def outcomes(first, count):
    """Return how often each way of changing a file came to what, the failures, and how many megabytes it took."""
    sources = [good(name) for name in GOOD]
    before = peak()
    found, failures, most = Counter(), [], before
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.sightline"
        for number in range(first, first + count):
            way, source = WAYS[number % len(WAYS)], sources[number // len(WAYS) % len(sources)]
            path.write_bytes(way(source, np.random.default_rng(number)))
            signal.alarm(SECONDS)
            try:
                became = outcome(
                    path, source, mended=way.__name__.endswith(("_graph", "_weights", "_manifest", "_arrays"))
                )
            except Exception as error:  # noqa: BLE001 - what is looked for
                became = f"a traceback: {type(error).__name__}: {str(error)[:80]}"
            signal.alarm(0)
            if peak() > max(most, 2 * before):
                became = f"{peak():.0f} MB, more than twice {before:.0f}"
            most = max(most, peak())
            found[way.__name__, became] += 1
            failures += [(number, became)] * (became not in OUTCOMES)
    return found, failures, before, most


def main() -> None:
    """Change, load, ask and write the page."""
    start = started(__doc__, full=FULL, tiny=TINY, words=["count"])
    total, each = start.setting
    total = int(start.words[0] or total)
    found, failures, megabytes = Counter(), [], []
    for first in range(0, total, each):
        count = min(each, total - first)
        try:
            one, wrong, before, most = start.aside(outcomes, first, count)
        except BrokenProcessPool:
            failures.append((first, f"a process of {count} mutations crashed, or one took more than {SECONDS} s"))
            continue
        found.update(one)
        failures += wrong
        megabytes.append((before, most))
    rows = [
        [name.replace("_", " "), *(found[name, outcome] for outcome in OUTCOMES)]
        for name in (way.__name__ for way in WAYS)
    ]
    text = f"{origin(f'{sum(found.values()):,} mutations')}\n\n" + table(["changed", *OUTCOMES], rows)
    text += f"\n\nFailures: {len(failures)}. Megabytes of a process that loaded the good files, and the most after its "
    text += f"mutations: {max(one for one, _ in megabytes):.0f} and {max(one for _, one in megabytes):.0f}."
    publish("benchmarks/bundle-fuzz.md", {"fuzz": text}, tiny=start.tiny)
    for number, became in itertools.islice(failures, 20):
        print(f"mutation {number}: {became}")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
