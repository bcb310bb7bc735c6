"""The AP that a detection run reports, by the metrics that its config names."""

import pytest
import torch
from mmdet.registry import METRICS
from mmdet.structures import DetDataSample
from mmengine.registry import DefaultScope
from mmengine.structures import InstanceData

from rs_transfer.detect.recipes import ON_SCENES

# Seven images with 15 objects of one class, and 24 detections with their confidence; left, top, width, height. The
# worked example of rafaelpadilla/Object-Detection-Metrics, whose README gives AP 24.56 % for the area under the curve
# and 26.84 % for eleven points, at an overlap of 0.3. Two detections have a confidence of 0.95 there; the one that its
# table has second is a little less certain here, because nothing says how equals are to be sorted.
OBJECTS = (
    ((25, 16, 38, 56), (129, 123, 41, 62)),
    ((123, 11, 43, 55), (38, 132, 59, 45)),
    ((16, 14, 35, 48), (123, 30, 49, 44), (99, 139, 47, 47)),
    ((53, 42, 40, 52), (154, 43, 31, 34)),
    ((59, 31, 44, 51), (48, 128, 34, 52)),
    ((36, 89, 52, 76), (62, 58, 44, 67)),
    ((28, 31, 55, 63), (58, 67, 50, 58)),
)
DETECTIONS = (
    ((0.88, 5, 67, 31, 48), (0.70, 119, 111, 40, 67), (0.80, 124, 9, 49, 67)),
    ((0.71, 64, 111, 64, 58), (0.54, 26, 140, 60, 47), (0.74, 19, 18, 43, 35)),
    (
        *((0.18, 109, 15, 77, 39), (0.67, 86, 63, 46, 45), (0.38, 160, 62, 36, 53)),
        *((0.91, 105, 131, 47, 47), (0.44, 18, 148, 40, 44)),
    ),
    ((0.35, 83, 28, 28, 26), (0.78, 28, 68, 42, 67), (0.45, 87, 89, 25, 39), (0.14, 10, 155, 60, 26)),
    ((0.62, 50, 38, 28, 46), (0.44, 95, 11, 53, 28), (0.95, 29, 131, 72, 29), (0.23, 29, 163, 72, 29)),
    ((0.45, 43, 48, 74, 38), (0.84, 17, 155, 29, 35), (0.43, 95, 110, 25, 42)),
    ((0.48, 16, 20, 101, 88), (0.9499, 33, 116, 37, 49)),
)
PUBLISHED = {"area": 24.56, "11points": 26.84}


def corners(box):
    """Give the first and the last pixel as the example's code has them, both part of the box."""
    left, top, width, height = box
    return [left, top, left + width, top + height]


def sample(number, objects, detections):
    truth = torch.tensor([corners(box) for box in objects], dtype=torch.float32).reshape(-1, 4)
    found = torch.tensor([corners(box) for _, *box in detections], dtype=torch.float32).reshape(-1, 4)
    made = DetDataSample(metainfo={"img_id": number, "ori_shape": (200, 200)})
    made.gt_instances = InstanceData(bboxes=truth, labels=torch.zeros(len(truth), dtype=torch.long))
    made.ignored_instances = InstanceData(bboxes=torch.zeros(0, 4), labels=torch.zeros(0, dtype=torch.long))
    made.pred_instances = InstanceData(
        bboxes=found,
        scores=torch.tensor([score for score, *_ in detections]),
        labels=torch.zeros(len(found), dtype=torch.long),
    )
    return made.to_dict()


def measure(settings, samples):
    with DefaultScope.overwrite_default_scope("mmdet"):
        metric = METRICS.build(settings)
    metric.dataset_meta = {"classes": ("object",)}
    for made in samples:
        metric.process({}, [made])
    return metric.evaluate(len(samples))


@pytest.mark.parametrize(("mode", "published"), PUBLISHED.items())
def test_voc_ap_of_a_published_example_is_the_published_one(mode, published):
    settings = {**ON_SCENES.metrics()[0], "eval_mode": mode, "iou_thrs": 0.3}
    samples = [sample(number, *both) for number, both in enumerate(zip(OBJECTS, DETECTIONS, strict=True))]
    figures = measure(settings, samples)
    # The README rounds each precision to four digits on the way: 0.4285 for 3/7 and so on.
    assert 100 * figures["pascal_voc/mAP"] == pytest.approx(published, abs=0.01)


def test_voc2007_is_judged_at_eleven_points_and_other_years_by_the_area():
    from dataclasses import replace  # noqa: PLC0415

    assert ON_SCENES.metrics()[0]["eval_mode"] == "11points"
    assert replace(ON_SCENES, test_set="VOC2012/val").metrics()[0]["eval_mode"] == "area"


def test_a_run_reports_per_cent_under_names_of_its_own():
    measured = {"pascal_voc/mAP": 0.5, "pascal_voc/AP50": 0.5, "coco/bbox_mAP": 0.25, "coco/bbox_mAP_50": 0.4}
    assert ON_SCENES.figures({**measured, "coco/bbox_mAP_75": 0.1}) == {
        "test/voc_ap50": 50.0,
        "test/coco_ap": 25.0,
        "test/coco_ap50": 40.0,
        "test/coco_ap75": 10.0,
    }


def test_no_process_is_forked_to_judge(monkeypatch):
    def fork():
        raise AssertionError("forked")

    monkeypatch.setattr("os.fork", fork)
    samples = [sample(number, *both) for number, both in enumerate(zip(OBJECTS, DETECTIONS, strict=True))]
    assert measure(ON_SCENES.metrics()[0], samples)["pascal_voc/mAP"] > 0
