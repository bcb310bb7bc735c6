"""The command line: ``rs-core COMMAND …``."""

from rs_core._version import __version__
from rs_core.cli.program import Program

PROGRAM = Program(
    name="rs-core",
    version=__version__,
    package=__name__,
    commands={
        "train": "train a model by a recipe, or resume a run",
        "eval": "measure a trained model on a data set",
        "predict": "classify images with a trained model",
        "info": "show a model, a recipe or a trained file; all names without arguments",
        "convert": "write weights of TensorFlow, Keras, timm, torchvision or SimCLR as one file",
        "shard": "write an image folder as tar shards",
        "index": "index a folder, tar shards or a list, so that training finds any sample at once",
        "doctor": "say whether storage, processor or device limits training, and what to change",
        "bench": "measure networks, or the input pipeline, on this machine",
        "study": "repeat a study of the paper: the additive ladder, scaling, or advice",
        "weights": "list and fetch published weights",
        "export": "write a model for inference: torch.export, ONNX or fused weights",
        "push": "put a model on the Hugging Face hub, or into a folder as the hub keeps it",
    },
)

main = PROGRAM.main
