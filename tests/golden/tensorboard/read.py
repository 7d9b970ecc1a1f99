"""Reads tests/golden/events.out.tfevents.golden with TensorBoard's own reader, and checks every value.

    python3 -m venv .tb && .tb/bin/pip install tensorboard setuptools
    .tb/bin/python tests/golden/tensorboard/read.py [file or folder]

The file is what tests/loggers_test.ts writes; the test compares the bytes, this script that they mean what they should.
"""
import os
import struct
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

golden = os.path.join(os.path.dirname(__file__), "..", "events.out.tfevents.golden")
path = sys.argv[1] if len(sys.argv) > 1 else golden
events = EventAccumulator(path, size_guidance={"scalars": 0, "histograms": 0})
events.Reload()
tags = events.Tags()
print({kind: names for kind, names in tags.items() if names})
for tag in tags["scalars"]:
    print(tag, [(e.step, e.value, e.wall_time) for e in events.Scalars(tag)])
for tag in tags["histograms"]:
    print(tag, [(e.step, e.histogram_value) for e in events.Histograms(tag)])
if len(sys.argv) == 1:
    f32 = lambda value: struct.unpack("<f", struct.pack("<f", value))[0]
    scalars = {tag: [(e.step, e.value) for e in events.Scalars(tag)] for tag in tags["scalars"]}
    assert sorted(tags["scalars"]) == ["loss/train", "loss/train_smoothed", "loss/valid", "lr", "metric/accuracy",
                                       "momentum"], tags
    assert scalars["loss/train"] == [(i + 1, f32(v)) for i, v in enumerate([3, 2.5, 2, 1.5])]
    assert scalars["lr"] == [(i + 1, f32(v)) for i, v in enumerate([.1, .2, .3, .2])]
    assert scalars["loss/valid"] == [(2, f32(2.1)), (4, f32(1.3))]
    assert scalars["metric/accuracy"] == [(2, f32(.25)), (4, 1)]
    [first, last] = events.Histograms("parameter/weight")
    histogram = first.histogram_value
    assert (first.step, last.step) == (2, 4) and (histogram.min, histogram.max, histogram.num) == (-1, 2, 4)
    assert histogram.sum == 1.5 and histogram.sum_squares == 5.25 and sum(histogram.bucket) == 4
    print("ok")
