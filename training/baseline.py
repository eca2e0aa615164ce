"""What a release's held-out messages are like: the baseline that live traffic is watched against."""

from nlu.language import detect_language
from nlu.profile import UNKNOWN_LANGUAGE, Baseline, Seen, profile_of
from training.evidence import search_all
from training.fast import learnable, predict
from training.trained import Trained
from training.turns import OUT_OF_SCOPE

MIN_MESSAGES = 100  # fewer say too little


def baseline_of(trained: Trained, sure_from: float) -> Baseline | None:
    """Count the held-out messages, labelled or not, as the desk counts live ones; None where there are too few.

    `sure_from` is the confidence from which the desk answers. What shifts against it is told from the model's own view:
    an intent is what a message is taken for."""
    test = trained.test
    if len(test.rows) < MIN_MESSAGES:
        return None
    labels = trained.model.labels
    inside = [i for i, label in enumerate(labels) if label != OUT_OF_SCOPE]
    fused = predict(trained.model, trained.train, test)
    best = fused.probs[:, inside].argmax(axis=1)
    known = learnable(trained.train, labels)
    similarities, _ = search_all(known.vectors, range(len(known.rows)), test.vectors)
    seen = (
        Seen(
            row.group,
            len(row.text),
            detect_language(row.text, UNKNOWN_LANGUAGE),
            labels[inside[best[i]]],
            float(similarities[i][0]),
            bool(fused.confidence[i] >= sure_from),
        )
        for i, row in enumerate(test.rows)
    )
    return Baseline(profile_of(seen), sure_from)
