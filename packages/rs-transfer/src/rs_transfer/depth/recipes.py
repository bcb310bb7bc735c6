"""Ways to fine-tune for depth, by name."""

from rs_core.models import image_model_config
from rs_transfer.depth.config import DepthConfig
from rs_transfer.mm.config import SCENES, DenseOptimizerConfig, DenseRunConfig
from rs_transfer.small_network import small_network

# Lee et al. 2019 (cleinc/bts: pytorch/arguments_train_nyu.txt): AdamW at 1e-4 with decay 0.01 and a rate that falls by
# the power of 0.9, for 50 epochs over their 24,231 pictures; here in batches of 16 instead of 4.
TOP_DOWN_NYU = DepthConfig(
    recipe="top_down_nyu",
    model=image_model_config("resnet_50"),
    root="data/nyu",
    num_steps=75_000,
    batch_size=16,
    optimizer=DenseOptimizerConfig(kind="adamw", learning_rate=1e-4, weight_decay=0.01, decay="poly"),
)

# The same on the built-in pictures.
TOP_DOWN_SCENES = DepthConfig(
    recipe="top_down_scenes",
    model=small_network(),
    root=SCENES,
    eval_crop="none",
    head_channels=32,
    short_edge_px=64,
    crop_px=64,
    num_steps=80,
    batch_size=8,
    optimizer=DenseOptimizerConfig(
        kind="adamw", learning_rate=2e-3, weight_decay=0.01, decay="cosine", warmup_steps=20
    ),
    run=DenseRunConfig(num_workers=0),
)

RECIPES = {config.recipe: config for config in (TOP_DOWN_NYU, TOP_DOWN_SCENES)}
