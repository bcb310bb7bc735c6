"""The moving average of weights and statistics."""

import numpy as np
import torch

from rs_core import create_model
from rs_core.recipes import EmaConfig
from rs_core.train.ema import ModelEma


def small_model():
    return create_model("resnet_rs_50", blocks=(1, 1, 1, 1), width_multiplier=0.25, num_classes=3, bn_momentum=1.0)


def test_the_decay_warms_up_as_recorded(shared):
    curves = np.load(shared / "oracles/recipe_curves.npz")
    ema = ModelEma(torch.nn.Linear(1, 1), EmaConfig())
    ours = [ema.decay_at(int(n)) for n in curves["ema_n"]]
    np.testing.assert_allclose(ours, curves["t1_ema_decay"], rtol=3e-7)  # recorded in float32
    np.testing.assert_allclose(ours, curves["t2_ema_decay"], rtol=3e-7)


def test_batch_norm_statistics_are_averaged_too():
    model = small_model().train()
    ema = ModelEma(model, EmaConfig())
    before = ema.model.stem.bn1.running_var.clone()
    model(torch.randn(4, 3, 32, 32))
    ema.update(model)
    expected = torch.lerp(before, model.stem.bn1.running_var, 1 - 2 / 11)
    torch.testing.assert_close(ema.model.stem.bn1.running_var, expected)
    assert not torch.equal(before, expected)


def test_the_average_stays_in_eval_mode_and_needs_no_gradient():
    ema = ModelEma(small_model().train(), EmaConfig())
    assert not ema.model.training
    assert not any(parameter.requires_grad for parameter in ema.model.parameters())


def test_a_restored_average_goes_on_with_the_same_decay():
    model = small_model()
    ema = ModelEma(model, EmaConfig())
    for _ in range(5):
        ema.update(model)
    restored = ModelEma(small_model(), EmaConfig())
    restored.load_state_dict(ema.state_dict())
    torch.nn.init.normal_(model.classifier.weight)
    ema.update(model)
    restored.update(model)
    assert restored.num_updates == ema.num_updates == 6
    for name, tensor in ema.model.state_dict().items():
        assert torch.equal(tensor, restored.model.state_dict()[name])


def test_decay_zero_follows_the_model_exactly():
    model = small_model()
    ema = ModelEma(model, EmaConfig(decay=0.0))
    torch.nn.init.normal_(model.classifier.weight)
    ema.update(model)
    assert torch.equal(ema.model.classifier.weight, model.classifier.weight)
