"""Ways to fine-tune a detector, by name."""

from rs_core.models import image_model_config
from rs_transfer.detect.config import DetectConfig
from rs_transfer.mm.config import SCENES, DenseOptimizerConfig, DenseRunConfig
from rs_transfer.scenes import CLASS_NAMES
from rs_transfer.small_network import small_network

# mmdet 3.3, configs/pascal_voc/faster-rcnn_r50_fpn_1x_voc0712.py: 12 epochs over 16,551 images in batches of 16, the
# rate to a tenth after nine; a linear warm-up of 500 steps is ours.
VOC0712 = DetectConfig(
    recipe="faster_rcnn_voc0712",
    model=image_model_config("resnet_50"),
    root="data/VOCdevkit",
    num_steps=12_414,
    batch_size=16,
    norm_eval=True,
    frozen_stages=1,
    optimizer=DenseOptimizerConfig(learning_rate=0.01, decay="step", milestones=(0.75,), warmup_steps=500),
)

# The same detector on the built-in pictures, as small as they are.
ON_SCENES = DetectConfig(
    recipe="faster_rcnn_scenes",
    model=small_network(),
    root=SCENES,
    class_names=CLASS_NAMES,
    num_steps=240,
    batch_size=4,
    image_size=(96, 96),
    horizontal_flip=0.0,
    min_box_px=4,
    fpn_channels=32,
    fc_channels=128,
    num_proposals=50,
    num_sampled=32,
    optimizer=DenseOptimizerConfig(learning_rate=0.02, decay="cosine", warmup_steps=20, clip_grad_norm=10.0),
    run=DenseRunConfig(num_workers=0),
)

RECIPES = {config.recipe: config for config in (VOC0712, ON_SCENES)}
