"""Write the small TensorFlow checkpoints that the tests of the reader keep.

    pip install tensorflow
    python tools/write_tf_fixtures.py packages/rs-core/tests/weights/files/fixtures

Each folder holds one checkpoint and, where the reader reads it, ``expected.json``: every variable as TensorFlow reads
it back, its bytes in hexadecimal. Last written with TensorFlow 2.21.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
DTYPES = ("float32", "float64", "float16", "bfloat16", "int32", "int64", "bool")


def main(folder: Path) -> None:
    """Write all checkpoints."""
    for write in (write_saver, write_object_graph, write_partitioned, write_old_format):
        own = folder / write.__name__.removeprefix("write_")
        own.mkdir(parents=True, exist_ok=True)
        write(own)


def write_saver(folder: Path) -> None:
    """Write a TF1 training run in three data files: common prefixes, averages and slots, every type."""
    with tf.Graph().as_default(), v1.Session(config=v1.ConfigProto(device_count={"CPU": 2})) as session:
        for number, dtype in enumerate(DTYPES):
            with tf.device(f"/cpu:{number % 2}"):
                v1.get_variable(f"types/{dtype}", initializer=numbers((3, number + 1), dtype))
        for number in range(40):
            with tf.device(f"/cpu:{number % 2}"):
                for leaf in ("kernel", "kernel/ExponentialMovingAverage", "kernel/Momentum"):
                    v1.get_variable(f"conv2d_{number}/{leaf}", initializer=numbers((1, 1, 2, number % 3), "float32"))
        v1.get_variable("global_step", initializer=np.int64(109475))
        variables = {variable.op.name: variable for variable in v1.global_variables()}
        named = variables | {"schön/größe": v1.get_variable("not_ascii", initializer=numbers((2,), "float32"))}
        session.run(v1.global_variables_initializer())
        saver = v1.train.Saver(named, sharded=True)
        saver.save(session, str(folder / "model.ckpt"), global_step=109475, write_meta_graph=False)
    write_expected(folder)


def write_object_graph(folder: Path) -> None:
    """Write a TF2 checkpoint: names are paths through objects, and the graph of objects is there as a string."""
    model = tf.Module()
    model.layers = [tf.Module() for _ in DTYPES]
    for number, (layer, dtype) in enumerate(zip(model.layers, DTYPES, strict=True)):
        layer.kernel = tf.Variable(numbers((2, 3, number), dtype))
        layer.scale = tf.Variable(numbers((), dtype))
    tf.train.Checkpoint(model=model, note=tf.Variable("text")).save(folder / "ckpt")
    write_expected(folder)


def write_partitioned(folder: Path) -> None:
    """Write a variable that is saved in two pieces."""
    with tf.Graph().as_default(), v1.Session() as session:
        halves = v1.fixed_size_partitioner(2)
        v1.get_variable("embedding", shape=(4, 2), initializer=v1.ones_initializer(), partitioner=halves)
        session.run(v1.global_variables_initializer())
        v1.train.Saver().save(session, str(folder / "model.ckpt"), write_meta_graph=False)


def write_old_format(folder: Path) -> None:
    """Write the format of TensorFlow before 0.12, one file with everything."""
    with tf.Graph().as_default(), v1.Session() as session:
        v1.get_variable("weight", initializer=numbers((2, 2), "float32"))
        session.run(v1.global_variables_initializer())
        saver = v1.train.Saver(write_version=v1.train.SaverDef.V1)
        saver.save(session, str(folder / "model.ckpt"), write_meta_graph=False)


def numbers(shape: tuple[int, ...], dtype: str) -> Any:
    """Give an array in which every element is told from its neighbours; booleans alternate."""
    array = np.arange(1, np.prod(shape, dtype=int) + 1).reshape(shape)
    return (array % 2 if dtype == "bool" else array * 1.25).astype(tf.as_dtype(dtype).as_numpy_dtype)


def write_expected(folder: Path) -> None:
    """Write what TensorFlow reads back; strings have only a type."""
    reader = tf.train.load_checkpoint(folder)
    types = reader.get_variable_to_dtype_map()
    expected = {}
    for name, shape in sorted(reader.get_variable_to_shape_map().items()):
        expected[name] = {"dtype": types[name].name, "shape": shape}
        if types[name] != tf.string:
            expected[name]["bytes"] = np.asarray(reader.get_tensor(name)).tobytes().hex()
    rows = ",\n".join(f"{json.dumps(name)}: {json.dumps(row)}" for name, row in expected.items())
    (folder / "expected.json").write_text(f"{{\n{rows}\n}}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
