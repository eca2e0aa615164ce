"""A tuned model averaged with what it was before (Wortsman et al. 2022)."""

from collections.abc import Callable

import torch
from torch import Tensor

from nlu.model import JointModel

MIX_SHARES = (0.5, 0.6, 0.7, 0.8)  # of the tuned weights in those that are kept


def weights_of(model: JointModel) -> dict[str, Tensor]:
    """A copy of all weights."""
    return {name: weight.detach().cpu().clone() for name, weight in model.state_dict().items()}


def choose_share(
    model: JointModel, untuned: dict[str, Tensor], evaluate: Callable[[], float]
) -> tuple[float, float]:
    """The smallest of MIX_SHARES that scores as well as any in `mix_back`, and its score; the model stays as it is."""
    tuned = weights_of(model)
    scored = []
    for share in MIX_SHARES:
        mix_back(model, untuned, tuned, share)
        scored.append(evaluate())
    model.load_state_dict(tuned)
    best = max(scored)
    return MIX_SHARES[scored.index(best)], best


def mix_back(model: JointModel, untuned: dict[str, Tensor], tuned: dict[str, Tensor], share: float) -> None:
    """Average a tuned model with what it was before (Wortsman et al. 2022), heads and all.

    Tuning forgets what no message of the training was about, and articles are there for just that; the way back
    brings it back before what was learned is lost."""
    mixed = {
        name: torch.lerp(untuned[name], weight, share) if weight.is_floating_point() else weight
        for name, weight in tuned.items()
    }
    model.load_state_dict(mixed)
