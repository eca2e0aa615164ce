"""What messages are like, in counts."""

import json
from pathlib import Path

import pytest

from nlu.files import BadRelease
from nlu.profile import Baseline, Profile, Seen, profile_of


def seen(
    group: int = 1, length: int = 20, intent: str | None = "refund", nearest: float | None = 0.8
) -> Seen:
    return Seen(group, length, "en", intent, nearest, is_sure=True)


def test_each_dialogue_counts_as_one() -> None:
    found = profile_of([seen(1, intent="refund"), seen(1, intent="hours"), seen(2, intent="refund")])
    assert (found.n, found.n_groups) == (3, 2)
    assert found.counts["intent"] == {"refund": 1.5, "hours": 0.5}
    assert found.counts["sure"] == {"1": 2.0}


def test_numbers_fall_into_bins() -> None:
    found = profile_of(
        [seen(1, length=1, nearest=-0.2), seen(2, length=5000, nearest=1.0), seen(3, nearest=None)]
    )
    assert set(found.counts["length"]) == {"0", "13", "4"}
    assert set(found.counts["distance"]) == {"0", "16"}


def test_days_add_up() -> None:
    one, other = profile_of([seen(1)]), profile_of([seen(1), seen(2, intent=None)])
    both = one + other
    assert (both.n, both.n_groups) == (3, 3)
    assert both.counts["intent"] == {"refund": 2.0, "": 1.0}
    assert sum([one, other], Profile()) == both


def test_what_is_stored_comes_back() -> None:
    found = profile_of([seen(1), seen(1), seen(2)])
    assert Profile.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_a_baseline_is_a_file_of_the_release(tmp_path: Path) -> None:
    made = Baseline(profile_of([seen()]), 0.8)
    made.save(tmp_path / "baseline.json")
    assert Baseline.load(tmp_path / "baseline.json") == made


def test_a_release_without_one_has_none(tmp_path: Path) -> None:
    assert Baseline.load(tmp_path / "baseline.json") is None


@pytest.mark.parametrize(
    "content", ["{", "[]", "{}", '{"n": 1, "n_groups": 1, "counts": 3, "sure_from": 0.5}']
)
def test_a_broken_baseline_is_refused_by_name(tmp_path: Path, content: str) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(content, "utf-8")
    with pytest.raises(BadRelease, match=r"baseline\.json"):
        Baseline.load(path)
