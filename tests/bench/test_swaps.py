"""What is said of releases that were swapped under load."""

from bench.read_log import Logged
from bench.swaps import SETTLING_S, Sent, Swap, Watched, summary


def watched() -> tuple[Watched, dict[str, Logged]]:
    """One swap at 20 s, its command begun at 19; two processes, of which the second changes a second later."""
    sent = [
        Sent("usual", 0, 15.0, 15.02, 1),
        Sent("command", 0, 19.2, 19.25, 1),
        Sent("old", 1, 21.0, 21.1, 1),
        Sent("new", 0, 21.0, 21.3, 1),
        Sent("after", 1, 20.0 + 1.0 + SETTLING_S + 0.1, 23.0, 1),
    ]
    logged = {one.id: Logged(1, 1, "a" if one.began < 20 or one.id == "old" else "b") for one in sent}
    swaps = [Swap(19.0, 20.0, "b"), Swap(30.0, 31.0, "a")]
    return Watched(sent, swaps=swaps, rss_mb=[[100.0, 100.0], [100.0, 200.0]]), logged


def test_a_message_belongs_to_a_swap_if_any_of_its_time_does() -> None:
    figures = summary(*watched(), 2)
    assert figures["not answered exactly once"] == 0
    assert figures["longest until all changed, s"] == 1.0
    n = {name: value[0] for name, value in figures.items() if isinstance(value, tuple)}
    assert list(n.values()) == [2, 1, 2]
    assert figures["worst of a swap beyond the median outside"] == 300.0 - round((20 + 400) / 2, 1)


def test_what_is_lost_twice_in_the_log_or_answered_twice_is_counted() -> None:
    seen, logged = watched()
    logged["usual"] = Logged(1, 2, "a")
    del logged["old"]
    logged["new"] = Logged(2, 1, "b")
    assert summary(seen, logged, 2)["not answered exactly once"] == 3
