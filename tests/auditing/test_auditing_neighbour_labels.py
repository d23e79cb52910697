"""Votes of neighbours: each is a distribution, copies have no say."""

import numpy as np

from whet.auditing.labels.neighbour_labels import neighbour_votes


def clumps(num=60, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.arange(num) % 3
    return 5 * np.eye(3)[labels] + 0.3 * rng.normal(size=(num, 3)), labels


def test_votes_are_probabilities_and_find_the_class():
    vectors, labels = clumps()
    votes = neighbour_votes(vectors, labels, np.arange(60), num_classes=3)
    assert np.allclose(votes.sum(axis=1), 1)
    assert (votes.argmax(axis=1) == labels).all()


def test_ones_own_label_has_no_vote():
    vectors, labels = clumps()
    wrong = labels.copy()
    wrong[4] = (wrong[4] + 1) % 3
    votes = neighbour_votes(vectors, wrong, np.arange(60), num_classes=3)
    assert votes[4].argmax() == labels[4]


def test_copies_do_not_vouch_for_each_other():
    vectors, labels = clumps()
    vectors[:6], labels[:6] = vectors[0], 1  # six copies of one example of class 0, all labelled 1
    clusters = np.arange(60)
    clusters[:6] = 0
    assert neighbour_votes(vectors, labels, clusters, num_classes=3)[0].argmax() == 0
    assert neighbour_votes(vectors, labels, np.arange(60), num_classes=3)[0].argmax() == 1
