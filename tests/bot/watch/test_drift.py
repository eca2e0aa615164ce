"""Whether traffic moved: the test against scipy's, what is too little, what is noise."""

import numpy as np
import pytest
from scipy.stats import chi2, chi2_contingency

from bot.watch.drift import Compared, chi_square_tail, compare, homogeneity
from nlu.profile import Profile, Seen, profile_of


def traffic(n: int, seed: int, *, longer: float = 1.0, french: float = 0.0, nearest: float = 0.8) -> Profile:
    rng = np.random.default_rng(seed)
    return profile_of(
        Seen(
            i, int(np.exp(rng.normal(3.5, 0.7)) * longer), "fr" if rng.random() < french else "en",
            str(rng.integers(8)), float(np.clip(rng.normal(nearest, 0.1), 0, 1)), bool(rng.random() < nearest),
        )
        for i in range(n)
    )  # fmt: skip


def moved(found: tuple[Compared, ...]) -> set[str]:
    return {one.measure for one in found if one.is_drift}


@pytest.mark.parametrize("freedom", [1, 2, 5, 30])
@pytest.mark.parametrize("x", [0.0, 0.1, 1.0, 4.0, 20.0, 90.0, 900.0])
def test_the_tail_is_that_of_scipy(x: float, freedom: int) -> None:
    assert chi_square_tail(x, freedom) == pytest.approx(chi2.sf(x, freedom), rel=1e-9, abs=1e-300)


def test_homogeneity_is_the_chi_square_test() -> None:
    one, other = {"a": 30.0, "b": 50.0, "c": 20.0}, {"a": 45.0, "b": 40.0, "c": 65.0}
    wanted = chi2_contingency([list(one.values()), list(other.values())], correction=False).pvalue
    assert homogeneity(one, other) == pytest.approx(wanted)


def test_rare_bins_are_put_together() -> None:
    common = {"a": 60.0, "b": 60.0}
    rare = {f"r{i}": 1.0 for i in range(12)}
    assert homogeneity(common | rare, common | {f"s{i}": 1.0 for i in range(12)}) == pytest.approx(1.0)


def test_the_same_traffic_has_not_moved() -> None:
    assert moved(compare(traffic(400, 1), traffic(400, 2))) == set()


@pytest.mark.parametrize(
    ("shift", "measures"),
    [
        ({"longer": 2.0}, {"length"}),
        ({"french": 0.2}, {"language"}),
        ({"nearest": 0.6}, {"distance", "sure"}),
    ],
)
def test_a_shift_is_seen_where_it_is(shift: dict[str, float], measures: set[str]) -> None:
    assert moved(compare(traffic(400, 1), traffic(400, 2, **shift))) == measures


def test_a_small_difference_worries_nobody_however_sure() -> None:
    found = {one.measure: one for one in compare(traffic(20_000, 1), traffic(20_000, 2, french=0.05))}
    assert found["language"].p < 1e-6
    assert not found["language"].is_drift


def test_one_customer_who_writes_much_moves_nothing() -> None:
    usual = traffic(400, 2)
    chatter = profile_of(Seen("chatter", 900, "fr", "0", 0.1, is_sure=False) for _ in range(400))
    assert moved(compare(traffic(400, 1), usual + chatter)) == set()


@pytest.mark.parametrize("n", [0, 1, 49])
def test_too_few_dialogues_say_nothing(n: int) -> None:
    assert compare(traffic(400, 1), traffic(n, 2)) == ()
    assert compare(traffic(n, 1), traffic(400, 2)) == ()


def test_medians_and_shares_are_told() -> None:
    found = {one.measure: one for one in compare(traffic(4000, 1), traffic(4000, 2, longer=2.0))}
    assert found["length"].middles == pytest.approx((np.exp(3.5), 2 * np.exp(3.5)), rel=0.1)
    assert found["distance"].middles == pytest.approx((0.8, 0.8), abs=0.03)
    assert found["sure"].middles == pytest.approx((0.8, 0.8), abs=0.03)
    assert found["language"].middles is None
    assert found["language"].shares == (("en", 1.0, 1.0),)
