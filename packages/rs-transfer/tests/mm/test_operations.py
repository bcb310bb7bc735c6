"""mmcv's operations on torchvision, against plain transcriptions and, where it is compiled, mmcv itself."""

import subprocess
import sys
from importlib.metadata import packages_distributions
from importlib.util import find_spec

import pytest
import torch
from mmcv.ops import RoIAlign, batched_nms, nms, soft_nms

from rs_transfer.mm.operations import TorchvisionOperations, not_served, provide_operations


def run_python(code):
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def naive_nms(boxes, scores, threshold, offset):
    """Keeps the best box, drops those that overlap it by more than the threshold, and so on."""
    kept, left = [], scores.argsort(descending=True).tolist()
    while left:
        best, *left = left
        kept.append(best)
        left = [other for other in left if iou(boxes[best], boxes[other], offset) <= threshold]
    return kept


def iou(a, b, offset):
    width = min(a[2], b[2]) - max(a[0], b[0]) + offset
    height = min(a[3], b[3]) - max(a[1], b[1]) + offset
    common = max(width, 0) * max(height, 0)
    areas = [(box[2] - box[0] + offset) * (box[3] - box[1] + offset) for box in (a, b)]
    return common / (sum(areas) - common)


def random_boxes(count, seed):
    generator = torch.Generator().manual_seed(seed)
    corners = torch.rand(count, 2, generator=generator) * 40
    return torch.cat([corners, corners + 2 + torch.rand(count, 2, generator=generator) * 30], 1), torch.rand(
        count, generator=generator
    )


@pytest.mark.parametrize("offset", [0, 1])
@pytest.mark.parametrize("threshold", [0.3, 0.7])
def test_nms_keeps_what_its_definition_keeps(offset, threshold):
    boxes, scores = random_boxes(60, seed=1)
    kept, rows = nms(boxes, scores, threshold, offset=offset)
    assert rows.tolist() == naive_nms(boxes.double(), scores, threshold, offset)
    assert torch.equal(kept, torch.cat([boxes, scores[:, None]], 1)[rows])


def test_boxes_of_different_classes_do_not_suppress_each_other():
    boxes = torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 10]])
    scores = torch.tensor([0.9, 0.8])
    for classes, count in (([0, 0], 1), ([0, 1], 2)):
        kept, _ = batched_nms(boxes, scores, torch.tensor(classes), {"type": "nms", "iou_threshold": 0.5})
        assert len(kept) == count


def test_no_boxes_give_no_boxes():
    kept, rows = nms(torch.zeros(0, 4), torch.zeros(0), 0.5)
    assert kept.shape == (0, 5)
    assert rows.shape == (0,)


def test_roi_align_of_a_plane_gives_the_plane_at_the_centres_of_the_bins():
    rows, columns = torch.meshgrid(torch.arange(16.0), torch.arange(16.0), indexing="ij")
    features = (2 * rows + 3 * columns)[None, None]
    pooled = RoIAlign(2, spatial_scale=0.5, sampling_ratio=2, aligned=True)(
        features, torch.tensor([[0.0, 4.0, 8.0, 20.0, 24.0]])
    )
    # At half the scale the box is x 2…10, y 4…12; half a pixel is taken off, because pixels have their value in the
    # middle.
    centres_x, centres_y = torch.tensor([4.0, 8.0]) - 0.5, torch.tensor([6.0, 10.0]) - 0.5
    torch.testing.assert_close(pooled[0, 0], 2 * centres_y[:, None] + 3 * centres_x[None])


@pytest.mark.parametrize("aligned", [False, True])
@pytest.mark.parametrize("sampling_ratio", [0, 2])
def test_the_gradient_of_roi_align_is_the_one_that_finite_differences_give(aligned, sampling_ratio):
    torch.manual_seed(0)
    features = torch.randn(2, 3, 6, 7, dtype=torch.float64, requires_grad=True)
    rois = torch.tensor([[0, 1.0, 1.0, 9.0, 7.0], [1, 0.0, 2.0, 6.0, 11.0]], dtype=torch.float64)
    layer = RoIAlign(3, spatial_scale=0.5, sampling_ratio=sampling_ratio, aligned=aligned)
    assert torch.autograd.gradcheck(lambda x: layer(x, rois), (features,))


@pytest.mark.skipif(
    isinstance(sys.modules["mmcv._ext"], TorchvisionOperations), reason="mmcv has no compiled operations here"
)
def test_torchvision_and_compiled_mmcv_agree():
    boxes, scores = random_boxes(500, seed=2)
    compiled, ours = sys.modules["mmcv._ext"], TorchvisionOperations()
    for offset in (0, 1):
        expected = compiled.nms(boxes, scores, iou_threshold=0.5, offset=offset)
        assert torch.equal(ours.nms(boxes, scores, iou_threshold=0.5, offset=offset), expected)
    features, rois = torch.randn(2, 8, 20, 20), torch.cat([torch.randint(2, (50, 1)).float(), boxes[:50]], 1)
    size = {"aligned_height": 7, "aligned_width": 7, "spatial_scale": 0.25, "sampling_ratio": 0, "pool_mode": 1}
    for aligned in (False, True):
        pooled = [torch.zeros(50, 8, 7, 7) for _ in range(2)]
        gradients = [torch.zeros_like(features) for _ in range(2)]
        for operations, output, gradient in zip((compiled, ours), pooled, gradients, strict=True):
            nothing = torch.zeros(0)
            operations.roi_align_forward(features, rois, output, nothing, nothing, **size, aligned=aligned)
            ones = torch.ones_like(output)
            operations.roi_align_backward(ones, rois, nothing, nothing, gradient, **size, aligned=aligned)
        assert torch.equal(*pooled)
        torch.testing.assert_close(*gradients)


def test_an_operation_that_is_not_served_says_so_when_it_is_called():
    boxes, scores = random_boxes(5, seed=3)
    if not isinstance(sys.modules["mmcv._ext"], TorchvisionOperations):
        pytest.skip("mmcv is compiled here and has them all")
    with pytest.raises(NotImplementedError, match="softnms is a compiled operation of mmcv"):
        soft_nms(boxes, scores, 0.3)
    with pytest.raises(NotImplementedError, match="RoI align by maxima"):
        RoIAlign(2, pool_mode="max")(torch.zeros(1, 1, 4, 4), torch.tensor([[0.0, 0, 0, 2, 2]]))


def test_a_message_names_the_operation():
    with pytest.raises(NotImplementedError, match=r"^deform_conv_forward is"):
        not_served("deform_conv_forward")(1, 2)


def test_asking_twice_changes_nothing():
    before = sys.modules["mmcv._ext"]
    assert provide_operations() == provide_operations()
    assert sys.modules["mmcv._ext"] is before


@pytest.mark.skipif(
    packages_distributions()["mmengine"] != ["mmengine"], reason="forks of mmengine take any module for compiled"
)
def test_mmengine_still_sees_that_mmcv_is_not_compiled():
    from mmengine.utils.dl_utils import mmcv_full_available  # noqa: PLC0415

    assert mmcv_full_available() == (not isinstance(sys.modules["mmcv._ext"], TorchvisionOperations))


@pytest.mark.slow
def test_without_it_mmdet_cannot_be_imported_and_with_it_it_can():
    if find_spec("mmcv._ext") is not None and not isinstance(sys.modules["mmcv._ext"], TorchvisionOperations):
        pytest.skip("mmcv is compiled here")
    answer = run_python("try:\n    import mmdet.models\nexcept ModuleNotFoundError as error:\n    print(error.name)")
    assert answer == "mmcv._ext\n"
    assert run_python("import rs_transfer.mm, mmdet.models, mmseg.models; print(rs_transfer.mm.OPERATIONS)") == (
        "operations of torchvision\n"
    )
