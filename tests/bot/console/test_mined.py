"""What `kefu mine` proposed, reviewed in the console."""

import re
from pathlib import Path

import pytest

from retrieval.answer_files import load_answers
from tests.bot.console.console_desk import Answer, Browser, ConsoleDesk
from tests.training.mining.proposals import SAID, write_proposal_files
from training.mining.proposal import Proposal
from training.mining.review import Review


@pytest.fixture
async def lea(desk: ConsoleDesk) -> Browser:
    write_proposal_files(desk.settings.folder)
    return await desk.signed_in("lea@shop.example", "lead", "Lea")


def proposal(desk: ConsoleDesk) -> Proposal:
    return Review(desk.settings.folder).read()


def base(page: Answer) -> str:
    found = re.search(r'name="base" value="([^"]+)"', page.text)
    assert found
    return found[1]


async def do(browser: Browser, name: str, deed: str, **form: str) -> Answer:
    page = await browser.get(f"/review/mined/{name}")
    return await browser.post(f"/review/mined/{name}/{deed}", base=base(page), **form)


async def test_the_list_says_what_was_found_and_how_far_the_review_is(
    desk: ConsoleDesk, lea: Browser
) -> None:
    page = await lea.get("/review/mined")
    assert "Found in 12 past dialogues. What you keep holds 50 % of 20 requests." in page.words
    assert "0 of 3 reviewed" in page.words
    assert "where is my parcel" in page.words
    assert "looks like cancel (80 %)" in page.words
    assert '<mark class="gap"' in page.text
    assert "said in 3 of 6 replies" in page.words
    assert '/review/mined"' in (await lea.get("/review")).text


async def test_without_a_proposal_the_page_says_how_to_get_one(desk: ConsoleDesk) -> None:
    lea = await desk.signed_in("lea@shop.example", "lead")
    assert "kefu mine DIALOGUES" in (await lea.get("/review/mined")).words
    assert (await lea.get("/review/mined/hours")).status == 404


async def test_a_proposal_that_cannot_be_read_is_told(desk: ConsoleDesk, lea: Browser) -> None:
    path: Path = desk.settings.folder / "mined" / "proposal.yaml"
    path.write_text("intents: 7\n", "utf-8")
    assert "proposal.yaml:1: intents is 7; wanted a list" in (await lea.get("/review/mined")).words


async def test_agents_may_not(desk: ConsoleDesk, lea: Browser) -> None:
    ben = await desk.signed_in("ben@shop.example", "agent")
    assert (await ben.get("/review/mined")).status == 403
    assert (await ben.post("/review/mined/hours/accept", base="")).status == 403
    assert "/review/mined" not in (await ben.get("/review")).text


async def test_the_next_open_one_comes_after_each_decision(desk: ConsoleDesk, lea: Browser) -> None:
    assert (await do(lea, "hours", "accept")).leads_to.partition("?")[0] == "/console/review/mined/where"
    assert (await do(lea, "where", "drop")).leads_to.partition("?")[0] == "/console/review/mined/cancel"
    assert (await do(lea, "cancel", "accept")).leads_to.partition("?")[0] == "/console/review/mined"
    assert [one.status for one in proposal(desk).intents] == ["accepted", "dropped", "accepted"]
    assert (await desk.actions())[:3] == ["mined_accepted", "mined_dropped", "mined_accepted"]


async def test_an_edit_is_undone(desk: ConsoleDesk, lea: Browser) -> None:
    page = await lea.get((await do(lea, "cancel", "merge", into="where")).leads_to.removeprefix("/console"))
    found = re.search(r'name="undo" value="(\d+)"', page.text)
    assert found
    assert [one.name for one in proposal(desk).intents] == ["hours", "where"]
    undone = await lea.post("/review/mined/-/undo", undo=found[1])
    assert undone.leads_to == "/console/review/mined/cancel"
    assert [one.name for one in proposal(desk).intents] == ["hours", "where", "cancel"]
    assert (await desk.actions())[:2] == ["mined_undone", "mined_merged"]


async def test_an_intent_is_renamed_split_and_reworded(desk: ConsoleDesk, lea: Browser) -> None:
    assert "/review/mined/parcel" in (await do(lea, "where", "rename", new="parcel")).leads_to
    page = await lea.get("/review/mined/parcel")
    rows = re.findall(r'name="row" value="(\d+)"', page.text)
    assert len(rows) == 4
    await do(lea, "parcel", "split", row=rows[0], new="where_is_it")
    assert proposal(desk).get("where_is_it").examples == (SAID["where"][0],)
    await do(lea, "parcel", "reword", variant="It takes {{ order_number }} days.", hand_over="yes")
    first = proposal(desk).get("parcel").answers[0]
    assert (first.variants, first.hand_over) == (("It takes {{ order_number }} days.",), True)
    await do(lea, "parcel", "take", place="1")
    assert proposal(desk).get("parcel").answers[0].variants == ("We're open from nine to five.",)


@pytest.mark.parametrize(
    ("deed", "form", "told"),
    [
        ("rename", {"new": "hours"}, "there is an intent"),
        ("rename", {"new": "No Name"}, "wanted small letters"),
        ("merge", {"into": "nowhere"}, "'nowhere' is not among the 3"),
        ("halve", {"new": "part"}, "choose texts to split off"),
        ("reword", {"variant": " "}, "an answer without a text"),
        ("reword", {"variant": "{{ oder_number }}"}, "did you mean 'order_number'"),
        ("reword", {"variant": "{% if %}"}, "not a template"),
        ("take", {"place": "7"}, "has 2 answers"),
    ],
)
async def test_what_cannot_be_done_is_told_and_changes_nothing(
    desk: ConsoleDesk, lea: Browser, deed: str, form: dict[str, str], told: str
) -> None:
    before = proposal(desk)
    answer = await do(lea, "where", deed, **form)
    assert answer.leads_to == "/console/review/mined/where"
    assert told in (await lea.get("/review/mined/where")).words
    assert proposal(desk) == before
    assert not [action for action in await desk.actions() if action.startswith("mined")]


async def test_what_a_colleague_changed_meanwhile_is_not_overwritten(desk: ConsoleDesk, lea: Browser) -> None:
    seen = base(await lea.get("/review/mined/where"))
    bo = await desk.signed_in("bo@shop.example", "lead", "Bo")
    await do(bo, "where", "rename", new="parcel")
    late = await lea.post("/review/mined/where/drop", base=seen)
    assert late.leads_to == "/console/review/mined"
    assert "was changed meanwhile" in (await lea.get("/review/mined")).words
    assert proposal(desk).get("parcel").status == "open"


@pytest.mark.parametrize(
    ("path", "form"), [("hours/nonsense", {}), ("hours/merge", {}), ("hours/take", {"place": "x"})]
)
async def test_nonsense_is_refused(lea: Browser, path: str, form: dict[str, str]) -> None:
    assert (await lea.post(f"/review/mined/{path}", **form)).status in (400, 404)
    assert (await lea.post("/review/mined/-/undo", undo="x")).status == 400


async def test_what_is_accepted_is_written_into_the_workspace(desk: ConsoleDesk, lea: Browser) -> None:
    refused = await lea.post("/review/mined/-/write")
    assert refused.leads_to == "/console/review/mined"
    await do(lea, "hours", "accept")
    page = await lea.post("/review/mined/-/write")
    assert "1 intents with 4 requests are written" in page.words
    assert f"kefu retrain -w {desk.settings.folder}" in page.words
    assert load_answers(desk.settings.folder / "answers").get("hours").variants.templates == (
        "We're open from nine to five.",
    )
    assert (desk.settings.folder / "dialogues" / "mined.jsonl").is_file()
    assert (await desk.actions())[0] == "mined_written"


async def test_entity_types_are_kept_and_left_out(desk: ConsoleDesk, lea: Browser) -> None:
    await lea.post("/review/mined/-/entity", name="order_number", status="accepted")
    assert proposal(desk).entities[0].status == "accepted"
    await lea.post("/review/mined/-/entity", name="order_number", status="dropped")
    assert proposal(desk).entities[0].status == "dropped"
    await lea.post("/review/mined/-/entity", name="nothing", status="dropped")
    assert "'nothing' is not among the 1" in (await lea.get("/review/mined")).words
