"""Reading a ``.pt2`` file without running what is in it.

``torch.export.load`` trusts its file: it unpickles tensors, objects and sample inputs, loads compiled libraries,
evaluates symbolic sizes and guards as Python, and calls whatever function of torch a graph names. A program that
rs-core wrote needs none of that beyond two dozen operators and the arithmetic of sizes. So the file is read as data
first, and refused if there is anything else in it; what torch then loads is a copy of what was looked at.
"""

import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rs_core.errors import UserError

EXTRA_FILE = "rs_core_export.json"
EXTRA, MODEL, SAMPLE_INPUTS = f"extra/{EXTRA_FILE}", "models/model.json", "data/sample_inputs/model.pt"
WEIGHTS, CONSTANTS = "data/weights/model_weights_config.json", "data/constants/model_constants_config.json"

MEMBER = re.compile(
    r"archive_format|archive_version|byteorder|\.data/version|\.data/serialization_id|data/weights/weight_\d+|"
    + "|".join(map(re.escape, (EXTRA, MODEL, SAMPLE_INPUTS, WEIGHTS, CONSTANTS)))
)

ATEN = (
    *("conv2d.default", "conv3d.default", "linear.default", "add.Tensor", "sub.Tensor", "mul.Tensor"),
    *(
        "div.Tensor",
        "lerp.Tensor",
        "chunk.default",
        "addcmul.default",
        "unsqueeze.default",
        "view.default",
        "to.dtype",
        "slice.Tensor",
        "sym_size.int",
    ),
    *("relu.default", "relu_.default", "silu.default", "silu_.default", "sigmoid.default", "dropout.default"),
    *("sum.dim_IntList", "mean.dim", "avg_pool2d.default", "max_pool2d.default", "max_pool3d.default", "pad.default"),
    "_assert_tensor_metadata.default",
)
OPERATORS = {
    *(f"torch.ops.aten.{name}" for name in ATEN),
    *(f"_operator.{name}" for name in ("add", "sub", "mul", "floordiv", "mod", "neg")),
    *("torch.sym_max", "torch.sym_min"),
}

# Strings that torch evaluates, token by token. As no other name may occur, nothing of consequence can be called;
# powers, which could run for years, are left out.
TREE = re.compile(r'("type"|"context"|"children_spec"|null|"null"|"\[\]"|"builtins\.(tuple|dict)"|1|[]\[{}:, ])*')
EVALUATED = {
    "expr_str": re.compile(
        r"(?!.*\*\*)(s\d|'s\d+'|Symbol|Integer|positive=True|integer=True|Add|Mul|Max|Min|FloorDiv|PythonMod|Mod"
        r"|\d|[-+*/(), ])*"
    ),
    "guards_code": re.compile(
        r"(?!.*\*\*)(L\['x'\]\.size\(\)\[\d\]|torch\.sym_(max|min)|max|min|and|or|not|\d|[-+*/%()<>=!, ])*"
    ),
    "in_spec": TREE,
    "out_spec": TREE,
}

FIELDS = {
    *("graph_module", "guards_code", "range_constraints"),
    *("opset_version", "schema_version", "torch_version", "verifiers"),
}
NODE_METADATA = {"nn_module_stack", "torch_fn"}
HOLDS_CODE = {"as_operator", "as_graph", "as_custom_obj", "custom_obj"}


def read_safely(path: Path) -> tuple[io.BytesIO, str | None]:
    """Give a copy of a ``.pt2`` file that is safe to load, and our metadata in it, if there are any.

    Raises:
        UserError: no such file, damaged, or holding what a program of rs-core does not.
    """
    records = read_records(path)
    try:
        strange = next(strange_parts(records), None)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(f"{path}: a damaged torch.export program ({error!r}); export the model again") from None
    if strange:
        raise UserError(
            f"{path}: refused, because it could run code: it holds {strange}, which programs of rs-core do not; "
            "export the model again"
        )
    copy = io.BytesIO()
    with zipfile.ZipFile(copy, "w") as archive:
        # Sample inputs are pickled, and nobody needs them.
        for name, content in (records | {SAMPLE_INPUTS: b""}).items():
            archive.writestr(f"program/{name}", content)
    copy.seek(0)
    return copy, records[EXTRA].decode(errors="replace") if EXTRA in records else None


def read_records(path: Path) -> dict[str, bytes]:
    """Read all members of an archive, without the folder that they are in, and check their checksums.

    Raises:
        UserError: no such file, or damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if any(member.compress_type != zipfile.ZIP_STORED for member in archive.infolist()):
                raise zipfile.BadZipFile("it is compressed")
            return {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, ValueError) as error:
        raise UserError(f"{path}: not a readable torch.export program ({error}); copy the file again") from None


def strange_parts(records: Mapping[str, bytes]) -> Iterator[str]:
    """Name what a program that rs-core wrote does not hold."""
    yield from (f"a member {name!r}" for name in records if not MEMBER.fullmatch(name))
    for payload in json.loads(records[WEIGHTS])["config"].values():
        if payload["use_pickle"] is not False:
            yield "a pickled tensor"
    if json.loads(records[CONSTANTS]) != {"config": {}}:
        yield "constants"
    model = json.loads(records[MODEL])
    yield from (f"a field {name!r}" for name in model.keys() - FIELDS)
    yield from strange_values(model)


def strange_values(value: Any) -> Iterator[str]:
    """Name what is strange in a part of the graph."""
    if isinstance(value, list):
        for item in value:
            yield from strange_values(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in HOLDS_CODE:
                yield f"a value {key!r}"
            elif key == "target" and item not in OPERATORS:
                yield f"an operator {item!r}"
            elif key in EVALUATED and not all(EVALUATED[key].fullmatch(text) for text in strings(item)):
                yield f"code in {key!r}"
            elif key == "metadata" and item.keys() - NODE_METADATA:
                yield f"metadata {sorted(item)}"
            yield from strange_values(item)


def strings(value: str | list[str]) -> list[str]:
    """Give one or many as many."""
    return value if isinstance(value, list) else [value]
