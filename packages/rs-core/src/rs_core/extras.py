"""Optional dependencies: which extra brings what, said in one line when it is missing."""

from rs_core.errors import UserError

EXTRAS = {
    "train": (
        "PIL",
        "jsonargparse",
        "matplotlib",
        "numpy",
        "rich",
        "safetensors",
        "sklearn",
        "tensorboard",
        "yaml",
    ),
    "tf": ("google_crc32c", "h5py"),
    "hub": ("huggingface_hub",),
    "data": ("pyarrow",),
    "export": ("onnx", "onnxruntime", "onnxscript"),
    "bench": ("timm",),
    "nvjpeg": ("torchvision",),
}


def missing_extra(error: ModuleNotFoundError, wanted_by: str) -> UserError:
    """Turn a failed import into what to install; an import that no extra brings is raised again as it is.

    >>> str(missing_extra(ModuleNotFoundError(name="yaml"), "rs-core train"))
    "rs-core train needs yaml, which is not installed: pip install 'rs-core[train]'"
    """
    module = (error.name or "").partition(".")[0]
    for extra, modules in EXTRAS.items():
        if module in modules:
            return UserError(f"{wanted_by} needs {module}, which is not installed: pip install 'rs-core[{extra}]'")
    raise error
