"""The thresholds a release was given for its wrong-answer budget."""

from dataclasses import dataclass

from retrieval.errors import RetrievalError

MAX_CHOICES = 3


@dataclass(frozen=True, slots=True)
class Budget:
    """Where the desk may answer on its own, computed on held-out data when the release was trained.

    At `answer_threshold` or more of `Findings.confidence` the answers are wrong at most
    `max_wrong_answers` (a share, 0..1) of the time. Else from `clarify_threshold` of `Findings.choice_prob` up the
    customer is asked which of up to MAX_CHOICES intents is meant; below it the message counts as out of scope.
    `passage_threshold` is the least `Candidate.score` at which a passage is shown. A message in which several intents
    are found is answered as such where each is at least as probable as `several_threshold`."""

    max_wrong_answers: float
    answer_threshold: float
    clarify_threshold: float
    passage_threshold: float
    is_guaranteed: bool = True  # False: too few held-out messages for the bound to hold
    several_threshold: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.max_wrong_answers < 1:
            raise RetrievalError(
                f"max_wrong_answers is {self.max_wrong_answers}, wanted a share between 0 and 1"
            )
