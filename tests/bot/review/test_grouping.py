"""Messages are read in the background and grouped by what they mean; no words are kept."""

import pytest

from bot.review.grouping import Grouping
from nlu.understanding import Understanding
from tests.bot.fakes import FakeUnderstander

SAID = {
    1: "can I pay with a voucher",
    2: "is a voucher fine to pay with",
    3: "pay by voucher?",
    4: "do you ship to Norway",
}


async def test_what_is_not_read_yet_is_read_in_the_background() -> None:
    grouping = Grouping(lambda: fake)
    fake = FakeUnderstander()
    first = await grouping.group(SAID)
    assert (first.clusters, first.n_unread) == ((), 4)
    await grouping.wait()
    then = await grouping.group(SAID)
    assert {frozenset(rows) for rows in then.clusters} == {frozenset({1, 2, 3}), frozenset({4})}
    assert then.n_unread == 0
    assert sorted(fake.read) == sorted(SAID.values())


async def test_each_wording_is_read_once_and_an_edited_message_again() -> None:
    grouping = Grouping(lambda: fake)
    fake = FakeUnderstander()
    await grouping.group({1: "a voucher", 2: "a voucher"})
    await grouping.wait()
    assert fake.read == ["a voucher"]
    edited = await grouping.group({1: "something else", 2: "a voucher"})
    assert (edited.clusters, edited.n_unread) == (((2,),), 1)  # what was made before, nobody waits
    await grouping.wait()
    assert fake.read == ["a voucher", "something else"]


async def test_what_is_done_with_leaves_the_clusters_as_they_are() -> None:
    grouping = Grouping(lambda: fake)
    fake = FakeUnderstander()
    await grouping.group(SAID)
    await grouping.wait()
    left = await grouping.group({number: text for number, text in SAID.items() if number != 2})
    assert {frozenset(rows) for rows in left.clusters} == {frozenset({1, 3}), frozenset({4})}
    assert left.n_unread == 0
    assert ((await grouping.group({})).clusters, len(fake.read)) == ((), 4)


async def test_a_new_release_reads_anew() -> None:
    current = FakeUnderstander()
    grouping = Grouping(lambda: current)
    await grouping.group(SAID)
    await grouping.wait()
    current = FakeUnderstander()
    assert (await grouping.group(SAID)).n_unread == 4
    await grouping.wait()
    assert len(current.read) == 4


async def test_a_message_that_cannot_be_read_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    class Failing(FakeUnderstander):
        async def understand(self, text: str) -> Understanding:
            if text == SAID[1]:
                raise ValueError(text)
            return await super().understand(text)

    fake = Failing()
    grouping = Grouping(lambda: fake)
    await grouping.group(SAID)
    await grouping.wait()
    then = await grouping.group(SAID)
    assert {number for rows in then.clusters for number in rows} == {2, 3, 4}
    assert then.n_unread == 0
    assert "voucher" not in caplog.text
    await grouping.close()


async def test_no_words_are_kept() -> None:
    fake = FakeUnderstander()
    grouping = Grouping(lambda: fake)
    await grouping.group(SAID)
    await grouping.wait()
    await grouping.group(SAID)
    kept = repr({name: value for name, value in vars(grouping).items() if name not in {"_current", "_used"}})
    assert "voucher" not in kept
    assert "Norway" not in kept
