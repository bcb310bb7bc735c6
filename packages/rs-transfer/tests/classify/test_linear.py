"""Logistic regression by L-BFGS: equal to scikit-learn's, chosen on a split."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from rs_transfer.classify.linear import Strength, best, fit, top1, try_strengths


@pytest.fixture
def blobs():
    """Features of four overlapping classes, float64."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, 200)
    features = rng.normal(size=(4, 8))[labels] + rng.normal(size=(200, 8))
    return torch.tensor(features), torch.tensor(labels)


@pytest.mark.parametrize("l2", [1e-4, 1e-2, 1.0])
def test_the_fit_is_that_of_scikit_learn(blobs, l2):
    features, labels = blobs
    theirs = LogisticRegression(C=1 / (l2 * len(labels)), tol=1e-10, max_iter=10_000)
    theirs.fit(features.numpy(), labels.numpy())
    ours = fit(features, labels, 4, l2)
    assert np.allclose(ours.weight.numpy(), theirs.coef_, atol=5e-3)
    probabilities = ours.scores(features).softmax(1).numpy()
    assert np.allclose(probabilities, theirs.predict_proba(features.numpy()), atol=1e-3)


def test_the_start_does_not_decide_what_comes_out(blobs):
    features, labels = blobs
    from_zero = fit(features, labels, 4, 0.01)
    from_elsewhere = fit(features, labels, 4, 0.01, start=fit(features, labels, 4, 10.0))
    assert torch.allclose(from_zero.weight, from_elsewhere.weight, atol=5e-3)


def test_float32_features_classify_as_float64_ones(blobs):
    features, labels = blobs
    narrow, wide = (fit(values, labels, 4, 1e-2).scores(values) for values in (features.float(), features))
    assert torch.allclose(narrow.double(), wide, atol=1e-2)


def test_so_much_regularisation_leaves_the_shares_of_the_classes(blobs):
    features, labels = blobs
    classifier = fit(features, labels, 5, 1e5)
    shares = torch.bincount(labels, minlength=5) / len(labels)
    assert torch.allclose(classifier.bias.softmax(0).float(), shares, atol=1e-3)
    assert classifier.weight.abs().max() < 1e-4


def test_every_strength_is_fitted_and_judged_as_if_alone(blobs):
    features, labels = blobs
    learned, judged = (features[:150], labels[:150]), (features[150:], labels[150:])
    strengths = (1e-4, 1.0, 1e-2)
    table = try_strengths(learned, judged, 4, strengths)
    assert [row.l2 for row in table] == [1.0, 1e-2, 1e-4]
    for row in table:
        alone = fit(*learned, 4, row.l2).scores(judged[0])
        assert row.top1 == pytest.approx(top1(alone, judged[1]))


def test_of_equally_accurate_strengths_the_one_of_least_loss_is_chosen():
    table = [Strength(10.0, 90.0, 0.9), Strength(1.0, 90.0, 0.3), Strength(0.1, 90.0, 0.5), Strength(0.01, 80.0, 0.1)]
    assert best(table).l2 == 1.0


def test_top1_is_a_share_in_per_cent():
    assert top1(torch.tensor([[0.0, 1.0], [1.0, 0.0], [1.0, 0.0]]), torch.tensor([1, 0, 1])) == pytest.approx(200 / 3)
