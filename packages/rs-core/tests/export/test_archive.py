"""A ``.pt2`` file runs nothing but its network, whoever wrote it."""

import io
import json
import pickle
import zipfile
from pathlib import Path

import pytest
import torch

from rs_core import UserError
from rs_core.export.archive import CONSTANTS, MODEL, SAMPLE_INPUTS, WEIGHTS
from rs_core.export.formats import load_exported


class Malice:
    """Unpickling it leaves a file behind."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.fixture
def sentinel(tmp_path):
    """A file that is there only if something ran."""
    path = tmp_path / "sentinel"
    yield path
    assert not path.exists()


@pytest.fixture
def rewritten(exported_files, tmp_path):
    """Copy a program with some members replaced by what a function makes of them, or added."""

    def rewrite(changes):
        path = tmp_path / "rewritten.pt2"
        with zipfile.ZipFile(exported_files(".pt2")) as source, zipfile.ZipFile(path, "w") as target:
            root = source.namelist()[0].partition("/")[0]
            members = {name.partition("/")[2]: source.read(name) for name in source.namelist()}
            for name, change in changes.items():
                members[name] = change(members[name]) if callable(change) else change
            for name, content in members.items():
                target.writestr(f"{root}/{name}", content)
        return path

    return rewrite


def pickled(value):
    """What ``torch.load`` would run."""
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def edit(change):
    """Make a function of a JSON document one of its bytes."""

    def apply(content):
        document = json.loads(content)
        change(document)
        return json.dumps(document).encode()

    return apply


def graph(change):
    """A change of the graph of the network."""
    return {MODEL: edit(lambda model: change(model["graph_module"]["graph"]))}


def call(path):
    """A Python expression that touches the sentinel."""
    return f"__import__('pathlib').Path({str(path)!r}).touch()"


def set_first_expression(document, text):
    values = document["sym_int_values"].values()
    next(value for value in values if "as_expr" in value)["as_expr"]["expr_str"] = text


def test_a_copy_of_a_program_loads(rewritten):
    assert load_exported(rewritten({})).kind == "program"


def test_sample_inputs_are_never_unpickled(rewritten, tmp_path):
    """What torch.export.load does with the same file shows that the malice works."""
    path = rewritten({SAMPLE_INPUTS: pickled(Malice(tmp_path / "ran"))})
    assert load_exported(path).kind == "program"
    assert not (tmp_path / "ran").exists()
    with pytest.raises((AssertionError, TypeError)):  # the latter in its own message, before 2.15
        torch.export.load(path)
    assert (tmp_path / "ran").exists()


def test_a_pickled_weight_is_refused(rewritten, sentinel):
    def mark(document):
        next(iter(document["config"].values()))["use_pickle"] = True

    path = rewritten({WEIGHTS: edit(mark), "data/weights/weight_0": pickled(Malice(sentinel))})
    with pytest.raises(UserError, match=r"refused, because it could run code: it holds a pickled tensor, which"):
        load_exported(path)


def test_a_pickled_object_is_refused(rewritten, sentinel):
    entry = {"path_name": "opaque_obj_0", "is_param": False, "use_pickle": True, "tensor_meta": None}
    config = json.dumps({"config": {"malice": entry}}).encode()
    member = {"data/constants/opaque_obj_0": pickle.dumps(Malice(sentinel))}
    with pytest.raises(UserError, match="it holds a member 'data/constants/opaque_obj_0'"):
        load_exported(rewritten({CONSTANTS: config} | member))
    with pytest.raises(UserError, match="it holds constants"):
        load_exported(rewritten({CONSTANTS: config}))


@pytest.mark.parametrize("name", ["data/aotinductor/model/libmodel.so", "serialized_state_dict.pt", "version"])
def test_libraries_and_files_of_older_formats_are_refused(rewritten, name):
    with pytest.raises(UserError, match=f"it holds a member '{name}'"):
        load_exported(rewritten({name: b"\x7fELF"}))


def test_guards_that_are_more_than_arithmetic_are_refused(rewritten, sentinel):
    path = rewritten({MODEL: edit(lambda model: model.update(guards_code=[call(sentinel)]))})
    with pytest.raises(UserError, match="it holds code in 'guards_code'"):
        load_exported(path)


@pytest.mark.parametrize("text", ["exec(chr(112))", "s0**9**9", "Symbol.__class__", "'s0'.format", "lambda: 1"])
def test_sizes_that_are_more_than_arithmetic_are_refused(rewritten, text):
    with pytest.raises(UserError, match="it holds code in 'expr_str'"):
        load_exported(rewritten(graph(lambda graph: set_first_expression(graph, text))))


def test_sizes_are_not_evaluated_as_python(rewritten, sentinel):
    with pytest.raises(UserError, match="it holds code in 'expr_str'"):
        load_exported(rewritten(graph(lambda graph: set_first_expression(graph, call(sentinel)))))


@pytest.mark.parametrize(
    "target", ["torch.os.system", "torch.load", "torch.ops.aten.from_file.default", "_operator.call"]
)
def test_other_operators_are_refused(rewritten, target):
    with pytest.raises(UserError, match=f"it holds an operator '{target}'"):
        load_exported(rewritten(graph(lambda graph: graph["nodes"][0].update(target=target))))


def test_operators_as_arguments_are_refused(rewritten):
    def pass_function(document):
        document["nodes"][0]["inputs"][0]["arg"] = {"as_operator": "torch.os.system"}

    with pytest.raises(UserError, match="it holds a value 'as_operator'"):
        load_exported(rewritten(graph(pass_function)))


def test_other_trees_of_arguments_are_refused(rewritten):
    def name_class(model):
        model["graph_module"]["module_call_graph"][0]["signature"]["in_spec"] = '[1, {"type": "builtins.object"}]'

    with pytest.raises(UserError, match="it holds code in 'in_spec'"):
        load_exported(rewritten({MODEL: edit(name_class)}))


def test_unknown_fields_are_refused(rewritten):
    with pytest.raises(UserError, match="it holds a field 'run_me'"):
        load_exported(rewritten({MODEL: edit(lambda model: model.update(run_me="1"))}))


def test_a_flipped_bit_in_the_weights_is_found(exported_files, tmp_path):
    content = bytearray(exported_files(".pt2").read_bytes())
    with zipfile.ZipFile(exported_files(".pt2")) as archive:
        offset = next(info.header_offset for info in archive.infolist() if info.filename.endswith("weight_10"))
    content[offset + 500] ^= 1
    path = tmp_path / "flipped.pt2"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"not a readable torch.export program .*Bad CRC-32"):
        load_exported(path)


def test_a_graph_that_does_not_fit_together_is_damaged(rewritten, capfd):
    weightless = {WEIGHTS: edit(lambda document: document["config"].popitem())}
    nodeless = graph(lambda graph: graph.update(nodes=[]))
    for change in ({MODEL: b"{}"}, {MODEL: b"not json"}, nodeless, weightless, {"archive_format": b"x"}):
        with pytest.raises(UserError, match=r"a damaged torch.export program") as error:
            load_exported(rewritten(change))
        assert "\n" not in str(error.value)
    assert capfd.readouterr() == ("", "")


def test_a_program_of_others_says_so(tmp_path):
    path = tmp_path / "other.pt2"
    torch.export.save(torch.export.export(torch.nn.Linear(2, 2), (torch.zeros(1, 2),)), path)
    with pytest.raises(UserError, match=r"other\.pt2"):
        load_exported(path)
