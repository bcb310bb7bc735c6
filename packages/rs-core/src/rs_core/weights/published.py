"""Where published weights are: one table of official addresses, with what their sources state about them.

Sources, one for each group of rows; what a source does not state is ``None``.

* ``tf1``: addresses from tensorflow/tpu:models/official/resnet/resnet_rs/README.md, top-1 from arXiv 2103.07579,
  table 7. The README agrees but for the 152 at 224 px, 82.2, where the table and the plots of the paper say 82.8.
* ``tf2``: addresses and top-1 from tensorflow/models:official/vision/MODEL_GARDEN.md.
* ``cvrl``: addresses and accuracy of a linear classifier from tensorflow/models:official/projects/video_ssl/README.md,
  resolution from the evaluation in its configs/experiments/cvrl_linear_eval_k600.yaml (training took 224). Model Garden
  publishes no weights of R3D-RS.
* ``keras``: addresses and MD5 from keras-team/keras:keras/applications/resnet_rs.py. These are the TF1 weights
  converted, so their top-1 is that of the TF1 rows.
* ``timm``: addresses, resolution and the first eight digits of the SHA-256 (the end of a file's name, written so by its
  clean_checkpoint.py) from huggingface/pytorch-image-models:timm/models/resnet.py, top-1 at that resolution from
  its results/results-imagenet.csv.
* ``torchvision``: addresses, the first eight digits of the SHA-256 and top-1 of ``IMAGENET1K_V1`` from
  pytorch/vision:torchvision/models/resnet.py. ``IMAGENET1K_V2`` wants another crop, which a file does not tell; it is
  not listed.
* ``simclr``: buckets and top-1 from google-research/simclr:README.md, file names from
  Separius/SimCLRv2-Pytorch:download.py (v2) and Cyrilvallez/Image-manipulation-detection:hashing/SimCLRv1/download.py
  (v1). An object of a public bucket is at https://storage.googleapis.com/BUCKET/OBJECT
  (https://cloud.google.com/storage/docs/access-public-data). The file names of the distilled networks are documented
  nowhere; they are not listed.
"""

import fnmatch
from collections.abc import Iterator
from dataclasses import dataclass

from rs_core.errors import UserError, nearest

GOOGLE = "https://storage.googleapis.com"
TIMM_RELEASES = "https://github.com/rwightman/pytorch-image-models/releases/download"
TORCHVISION_MODELS = "https://download.pytorch.org/models"

# A TensorFlow checkpoint that lies in a bucket as loose files. All of these have one shard.
CHECKPOINT_PARTS = (".index", ".data-00000-of-00001")


@dataclass(frozen=True, kw_only=True)
class PublishedWeights:
    """Weights at an official address.

    Args:
        architecture: row of the table of networks.
        tag: tells the weights of one architecture apart.
        url: the file; with several ``parts``, what their addresses begin with.
        parts: what is added to ``url``, for each file.
        layout: whose names the tensors have.
        resolution: pixels a side of the input that the source gives.
        top1: accuracy in per cent on ImageNet, or on what ``note`` says.
        sha256: hexadecimal, whole or the first digits.
        md5: hexadecimal.
        note: what a user should know before choosing them.
    """

    architecture: str
    tag: str
    url: str
    parts: tuple[str, ...] = ("",)
    layout: str
    resolution: int
    top1: float | None = None
    sha256: str | None = None
    md5: str | None = None
    note: str = ""

    @property
    def name(self) -> str:
        """Architecture and tag, such as ``resnet_rs_50.tf1-i160``."""
        return f"{self.architecture}.{self.tag}"

    @property
    def urls(self) -> tuple[str, ...]:
        """The address of each file."""
        return tuple(self.url + part for part in self.parts)


# (depth, resolution): top-1.
TF1_TOP1 = {
    (50, 160): 78.8,
    (101, 160): 80.3,
    (101, 192): 81.2,
    (152, 192): 82.0,
    (152, 224): 82.8,
    (152, 256): 83.0,
    (200, 256): 83.4,
    (270, 256): 83.8,
    (350, 256): 84.0,
    (350, 320): 84.2,
    (420, 320): 84.4,
}


def tf1() -> Iterator[PublishedWeights]:
    """Give the releases of the paper's own TF1 code."""
    for (depth, resolution), top1 in TF1_TOP1.items():
        yield PublishedWeights(
            architecture=f"resnet_rs_{depth}",
            tag=f"tf1-i{resolution}",
            url=f"{GOOGLE}/cloud-tpu-checkpoints/resnet-rs/resnet-rs-{depth}-i{resolution}.tar.gz",
            layout="tf1",
            resolution=resolution,
            top1=top1,
            note="ReLU; the weights of the paper",
        )


# (depth, resolution): top-1.
TF2_TOP1 = {
    (50, 160): 79.1,
    (101, 160): 80.2,
    (101, 192): 81.3,
    (152, 192): 81.9,
    (152, 224): 82.5,
    (152, 256): 83.1,
    (200, 256): 83.5,
    (270, 256): 83.6,
    (350, 256): 83.7,
    (350, 320): 84.2,
}

TF2_RESNET_TOP1 = {50: 77.1, 101: 78.3, 152: 78.7}


def tf2() -> Iterator[PublishedWeights]:
    """Give the image classifiers of the TF2 Model Garden."""
    for (depth, resolution), top1 in TF2_TOP1.items():
        yield PublishedWeights(
            architecture=f"resnet_rs_{depth}",
            tag=f"tf2-i{resolution}",
            url=f"{GOOGLE}/tf_model_garden/vision/resnet-rs/resnet-rs-{depth}-i{resolution}.tar.gz",
            layout="model_garden",
            resolution=resolution,
            top1=top1,
            note="SiLU, TensorFlow's padding, 1001 classes with background first; trained anew by Model Garden",
        )
    for depth, top1 in TF2_RESNET_TOP1.items():
        yield PublishedWeights(
            architecture=f"resnet_{depth}",
            tag="tf2-i224",
            url=f"{GOOGLE}/tf_model_garden/vision/resnet/resnet-{depth}-i224.tar.gz",
            layout="model_garden",
            resolution=224,
            top1=top1,
            note="200 epochs of the vanilla recipe",
        )


CLIP_RESOLUTION = 256
"""Pixels a side at which Model Garden evaluates networks of clips: the short edge, and the crops from it."""

# Name of the file: (tag, accuracy of a linear classifier, what it was trained and measured on).
CVRL = {
    "imagenet": ("imagenet", 53.5, "inflated from a ResNet-50 trained on ImageNet; top-1 is linear on Kinetics-400"),
    "r3d_1x_k400_200ep": ("k400-200ep", 63.8, "Kinetics-400 without labels; top-1 is linear on Kinetics-400"),
    "r3d_1x_k400_800ep": ("k400-800ep", 66.1, "Kinetics-400 without labels; top-1 is linear on Kinetics-400"),
    "r3d_1x_k600_800ep": ("k600-800ep", 68.5, "Kinetics-600 without labels; top-1 is linear on Kinetics-400"),
}


def cvrl() -> Iterator[PublishedWeights]:
    """Give the video backbones of CVRL (arXiv 2008.03800)."""
    for file, (tag, top1, note) in CVRL.items():
        yield PublishedWeights(
            architecture="r3d_50",
            tag=f"cvrl-{tag}",
            url=f"{GOOGLE}/tf_model_garden/vision/cvrl/{file}.tar.gz",
            layout="model_garden",
            resolution=CLIP_RESOLUTION,
            top1=top1,
            note=f"{note}; backbone without a classifier, about 127 MB",
        )


# (depth, resolution): MD5 of the file with the classifier, and without.
KERAS_MD5 = {
    (50, 160): ("69d9d925319f00a8bdd4af23c04e4102", "90daa68cd26c95aa6c5d25451e095529"),
    (101, 160): ("544b3434d00efc199d66e9058c7f3379", "82d5b90c5ce9d710da639d6216d0f979"),
    (101, 192): ("eb285be29ab42cf4835ff20a5e3b5d23", "f9a0f6b85faa9c3db2b6e233c4eebb5b"),
    (152, 192): ("8d72a301ed8a6f11a47c4ced4396e338", "5fbf7ac2155cb4d5a6180ee9e3aa8704"),
    (152, 224): ("31a46a92ab21b84193d0d71dd8c3d03b", "dc8b2cba2005552eafa3167f00dc2133"),
    (152, 256): ("ba6271b99bdeb4e7a9b15c05964ef4ad", "fa79794252dbe47c89130f65349d654a"),
    (200, 256): ("a76930b741884e09ce90fa7450747d5f", "bbdb3994718dfc0d1cd45d7eff3f3d9c"),
    (270, 256): ("20d575825ba26176b03cb51012a367a8", "2c42ecb22e35f3e23d2f70babce0a2aa"),
    (350, 256): ("f4a039dc3c421321b7fc240494574a68", "6e44b55025bbdff8f51692a023143d66"),
    (350, 320): ("7ccb858cc738305e8ceb3c0140bee393", "ab0c1f9079d2f85a9facbd2c88aa6079"),
    (420, 320): ("ae0eb9bed39e64fc8d7e0db4018dc7e8", "fe6217c32be8305b1889657172b98884"),
}


def keras() -> Iterator[PublishedWeights]:
    """Give the files of Keras Applications, with the classifier and without."""
    for (depth, resolution), (md5, md5_without_top) in KERAS_MD5.items():
        stem = f"{GOOGLE}/tensorflow/keras-applications/resnet_rs/resnet-rs-{depth}-i{resolution}"
        yield PublishedWeights(
            architecture=f"resnet_rs_{depth}",
            tag=f"keras-i{resolution}",
            url=f"{stem}.h5",
            layout="keras",
            resolution=resolution,
            top1=TF1_TOP1[depth, resolution],
            md5=md5,
            note="the TF1 weights, converted by Keras",
        )
        yield PublishedWeights(
            architecture=f"resnet_rs_{depth}",
            tag=f"keras-i{resolution}-notop",
            url=f"{stem}_notop.h5",
            layout="keras",
            resolution=resolution,
            md5=md5_without_top,
            note="the TF1 weights, converted by Keras, without the classifier",
        )


# Depth: (file, resolution, top-1 at that resolution, whose weights).
TIMM = {
    50: ("v0.1-rs-weights/resnetrs50_ema-6b53758b.pth", 160, 77.86, "Google's TF1 weights at 160"),
    101: ("v0.1-rs-weights/resnetrs101_i192_ema-1509bbf6.pth", 192, 80.71, "Google's TF1 weights at 192"),
    152: ("v0.1-rs-weights/resnetrs152_i256_ema-a9aff7f9.pth", 256, 82.90, "Google's TF1 weights at 256"),
    200: ("v0.1-tpu-weights/resnetrs200_c-6b698b88.pth", 256, 83.88, "not Google's: trained by the author of timm"),
    270: ("v0.1-rs-weights/resnetrs270_ema-b40e674c.pth", 256, 83.60, "Google's TF1 weights at 256"),
    350: ("v0.1-rs-weights/resnetrs350_i256_ema-5a1aa8f1.pth", 288, 84.30, "Google's TF1 weights at 256, used at 288"),
    420: ("v0.1-rs-weights/resnetrs420_ema-972dee69.pth", 320, 84.24, "Google's TF1 weights at 320"),
}


def timm() -> Iterator[PublishedWeights]:
    """Give the state dicts of timm's ResNet-RS."""
    for depth, (file, resolution, top1, whose) in TIMM.items():
        yield PublishedWeights(
            architecture=f"resnet_rs_{depth}",
            tag="timm",
            url=f"{TIMM_RELEASES}/{file}",
            layout="timm",
            resolution=resolution,
            top1=top1,
            sha256=file.removesuffix(".pth").rpartition("-")[2],
            note=f"{whose}; top-1 with timm's wider crop",
        )


# Depth: (first digits of the SHA-256, top-1).
TORCHVISION = {
    18: ("f37072fd", 69.758),
    34: ("b627a593", 73.314),
    50: ("0676ba61", 76.130),
    101: ("63fe2227", 77.374),
    152: ("394f9c45", 78.312),
}


def torchvision() -> Iterator[PublishedWeights]:
    """Give the state dicts of torchvision's plain ResNets; their names are timm's."""
    for depth, (sha256, top1) in TORCHVISION.items():
        yield PublishedWeights(
            architecture=f"resnet_{depth}",
            tag="torchvision-v1",
            url=f"{TORCHVISION_MODELS}/resnet{depth}-{sha256}.pth",
            layout="timm",
            resolution=224,
            top1=top1,
            sha256=sha256,
            note="the plain recipe of 90 epochs",
        )


# (depth, width, selective kernels): top-1 of SIMCLR_V2_STEPS, in that order.
SIMCLR_V2_TOP1 = {
    (50, 1, False): (71.7, 57.9, 68.4, 76.3, 76.6),
    (50, 1, True): (74.6, 64.5, 72.1, 78.7, 78.5),
    (50, 2, False): (75.6, 66.3, 73.9, 79.1, 77.8),
    (50, 2, True): (77.7, 70.6, 77.0, 81.3, 79.3),
    (101, 1, False): (73.6, 62.1, 71.4, 78.2, 78.0),
    (101, 1, True): (76.3, 68.3, 75.1, 80.6, 79.6),
    (101, 2, False): (77.0, 69.1, 75.8, 80.7, 78.9),
    (101, 2, True): (79.0, 73.2, 78.8, 82.4, 80.1),
    (152, 1, False): (74.5, 64.0, 73.0, 79.3, 78.3),
    (152, 1, True): (77.2, 70.0, 76.5, 81.3, 79.9),
    (152, 2, False): (77.4, 70.2, 76.6, 81.1, 79.1),
    (152, 2, True): (79.4, 74.2, 79.4, 82.9, 80.4),
    (152, 3, True): (79.8, 74.9, 80.1, 83.1, 80.5),
}

# Folder: step of its checkpoints.
SIMCLR_V2_STEPS = {
    "pretrained": 250228,
    "finetuned_1pct": 751,
    "finetuned_10pct": 3754,
    "finetuned_100pct": 37535,
    "supervised": 28151,
}

SIMCLR_NOTES = {
    "pretrained": "SimCLRv2 with a linear classifier",
    "finetuned_1pct": "SimCLRv2, fine-tuned on 1 % of ImageNet",
    "finetuned_10pct": "SimCLRv2, fine-tuned on 10 % of ImageNet",
    "finetuned_100pct": "SimCLRv2, fine-tuned on ImageNet",
    "supervised": "the same network trained with labels alone",
    "pretrain": "SimCLRv1 with a linear classifier",
    "finetune_10pct": "SimCLRv1, fine-tuned on 10 % of ImageNet",
    "finetune_100pct": "SimCLRv1, fine-tuned on ImageNet",
}

# (folder, width): step of its checkpoint, top-1. The README states none for the fine-tuned ones.
SIMCLR_V1 = {
    ("pretrain", 1): (225206, 69.1),
    ("pretrain", 2): (225206, 74.2),
    ("pretrain", 4): (225206, 76.6),
    ("finetune_10pct", 1): (939, None),
    ("finetune_10pct", 2): (939, None),
    ("finetune_10pct", 4): (470, None),
    ("finetune_100pct", 1): (9384, None),
    ("finetune_100pct", 2): (18768, None),
    ("finetune_100pct", 4): (4692, None),
}


def simclr() -> Iterator[PublishedWeights]:
    """Give the TF1 checkpoints of SimCLR (arXiv 2002.05709) and SimCLRv2 (arXiv 2006.10029)."""
    for (folder, width), (step, top1) in SIMCLR_V1.items():
        yield simclr_row("resnet_50", width, f"simclr-v1-{width}x", f"simclrv1/{folder}/{width}x", step, top1)
    for (depth, width, selective), accuracies in SIMCLR_V2_TOP1.items():
        row, tag = (f"resnet_d_{depth}", f"{width}x-sk1") if selective else (f"resnet_{depth}", f"{width}x")
        for (folder, step), top1 in zip(SIMCLR_V2_STEPS.items(), accuracies, strict=True):
            place = f"simclrv2/{folder}/r{depth}_{width}x_sk{int(selective)}"
            yield simclr_row(row, width, f"simclr-v2-{tag}", place, step, top1)


def simclr_row(row: str, width: int, tag: str, place: str, step: int, top1: float | None) -> PublishedWeights:
    """Give one checkpoint, whose folder in the bucket is ``place``."""
    folder = place.split("/")[1]
    differing = f"width multiplier {width}" + ("; selective kernels" if place.endswith("_sk1") else "")
    return PublishedWeights(
        architecture=row,
        tag=f"{tag}-{folder.replace('_', '-')}",
        url=f"{GOOGLE}/simclr-checkpoints/{place}/model.ckpt-{step}",
        parts=CHECKPOINT_PARTS,
        layout="simclr",
        resolution=224,
        top1=top1,
        note=f"{SIMCLR_NOTES[folder]}; {differing}",
    )


PUBLISHED = {row.name: row for group in (tf1, tf2, keras, timm, torchvision, cvrl, simclr) for row in group()}


def find_published(name: str) -> PublishedWeights:
    """Give the row of a name.

    >>> find_published("resnet_rs_50.tf1-i160").top1
    78.8

    Raises:
        UserError: no published weights of that name.
    """
    if name not in PUBLISHED:
        raise UserError(
            f"no published weights {name!r}{nearest(name, list(PUBLISHED))}; rs-core weights list shows all names"
        )
    return PUBLISHED[name]


def list_published(pattern: str = "*") -> list[str]:
    """Give the names of published weights, filtered by a shell pattern such as ``"resnet_rs_50.*"``."""
    return [name for name in PUBLISHED if fnmatch.fnmatchcase(name, pattern)]
