"""Which of the two trainings is kept."""

import numpy as np

from nlu.heads import Heads, LinearHead
from retrieval.fusion import Fusion
from training.calibrate import Calibrated
from training.evidence import NO_NAMES, LabelledEvidence
from training.fast import Model
from training.finishing import valid_accuracy
from training.turns import OUT_OF_SCOPE

LABELS = ("cancel", OUT_OF_SCOPE, "refund")


def test_what_stands_in_for_out_of_scope_messages_is_not_held_against_the_full_training() -> None:
    probs = np.array([[0.9, 0.0, 0.1], [0.8, 0.1, 0.1], [0.5, 0.1, 0.4], [0.1, 0.5, 0.4]])
    gold = ("cancel", "refund", OUT_OF_SCOPE, OUT_OF_SCOPE)
    owners = probs.argmax(axis=1)[:, None]
    evidence = LabelledEvidence(probs, np.full((4, 1), 0.5), owners, np.zeros((4, 3)), gold)
    fusion = Fusion((1.0, 0.0, 0.0, 0.0, 0.0, 0.0), (0.0,) * 8, (0.0,) * 8)
    fused = fusion.fuse(evidence, LABELS)
    head = LinearHead(LABELS, np.zeros((2, 3), np.float32), np.zeros(3, np.float32))
    model = Model(
        LABELS, Heads(head, None), Calibrated(fusion, 10.0, NO_NAMES, evidence, fused, np.ones(4)), None
    )
    assert valid_accuracy(evidence, model) == 0.5
