"""The additive study on video as a ladder, from the R3D-50 of the paper to its 3D ResNet-RS-50."""

from rs_core.recipes import Ladder
from rs_video.recipes.additive_study import ADDITIVE_STUDY
from rs_video.recipes.published import BASELINE

LADDER = Ladder(
    title="what each change of 3D ResNet-RS brings (table 6)",
    published_on="Kinetics-400's held-out videos, 30 views",
    baselines=(BASELINE,),
    steps=ADDITIVE_STUDY,
    assumptions=(
        "The order of the rows is ours: of table 6 the gains are known, the baseline and two totals.",
        "The settings of the baseline are CVRL's R3D-50 and Model Garden's trainer.",
        "Self-gating, which no row of the table names, comes with the last one.",
    ),
)
