"""The answers pages: listed with their use, edited in their files, refused with the reason, brought back."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import Connection, update

from bot.store.tables.log import messages
from bot.store.values import now
from retrieval.answer_files import load_answers
from tests.bot.console.console_desk import OURS, Answer, Browser, ConsoleDesk
from tests.bot.fakes import fake_reader

GREETING = ("Hello!", "Hi!")


def all_yaml(desk: ConsoleDesk) -> Path:
    return desk.settings.folder / "answers" / "all.yaml"


def texts_of(desk: ConsoleDesk, answer_id: str) -> tuple[str, ...]:
    """What the desk would read from the file."""
    return load_answers(desk.settings.folder / "answers").get(answer_id).variants.templates


def hidden(page: Answer, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, page.text
    return unescape(found[1])


def area(page: Answer) -> str:
    found = re.search(r'<textarea id="yaml"[^>]*>\n?(.*?)</textarea>', page.text, re.DOTALL)
    assert found, page.text
    return unescape(found[1])


async def send(browser: Browser, path: str, form: list[tuple[str, str]], **headers: str) -> Answer:
    """A form with several fields of one name."""
    url, data = browser.url + path, [("csrf_token", browser.csrf), *form]
    async with browser.client.post(
        url, data=data, allow_redirects=False, headers={**OURS, **headers}
    ) as response:
        return Answer(response.status, await response.text(), response.headers.copy())


async def save(
    browser: Browser, answer_id: str, *variants: str, base: str | None = None, **fields: str
) -> Answer:
    """Save an answer whose texts have no language."""
    if base is None:
        base = hidden(await browser.get(f"/answers/{answer_id}"), "base")
    form = [("base", base), *fields.items(), *(("variants:", text) for text in variants)]
    return await send(browser, f"/answers/{answer_id}", form)


async def save_yaml(browser: Browser, answer_id: str, yaml: str, base: str | None = None) -> Answer:
    if base is None:
        base = hidden(await browser.get(f"/answers/{answer_id}?as=yaml"), "base")
    return await send(browser, f"/answers/{answer_id}?as=yaml", [("base", base), ("yaml", yaml)])


@pytest.fixture
async def lea(desk: ConsoleDesk) -> Browser:
    return await desk.signed_in("lea@shop.example", "lead", "Lea")


async def test_the_list_has_every_answer_by_intent_and_finds_by_words(
    desk: ConsoleDesk, lea: Browser
) -> None:
    page = await lea.get("/answers")
    found = await lea.get("/answers?q=WAY+order_status")
    nothing = await lea.get("/answers?q=%3Cscript%3Ealert(1)%3C/script%3E")

    assert page.status == 200
    assert page.words.index("order_shipped") < page.words.index("order_unknown")
    assert "every language 2" in page.words
    assert "order_shipped" in found.words
    assert "order_unknown" not in found.words
    assert "Nothing found" in nothing.words
    assert "<script>alert" not in nothing.text


async def test_use_and_opinions_are_counted(desk: ConsoleDesk, lea: Browser) -> None:
    anna, otto = desk.customer("anna"), desk.customer("otto")
    assert await anna.say("where is LW-11111") == ("answer", "order_shipped")
    await anna.press("Helpful")
    await otto.say("where is LW-22222")
    await otto.press("Not helpful")
    await otto.say("a human please")

    usage = (await desk.store.answers.usage(["order_shipped", "greeting"], now() - timedelta(days=30)))[
        "order_shipped"
    ]
    page = await lea.get("/answers/order_shipped")

    assert (usage.given, usage.helpful, usage.not_helpful, usage.handed_over) == (2, 1, 1, 1)
    assert "Given 2 times in 30 days · helpful 50 % of 2 · then a person 50 %" in page.words
    assert page.words.index("where is LW-22222") < page.words.index("where is LW-11111")
    assert 'href="/console/conversations/1?view=open"' in page.text


async def test_an_edit_is_in_the_file_and_nothing_else_moved(desk: ConsoleDesk, lea: Browser) -> None:
    before = all_yaml(desk).read_text("utf-8")

    done = await save(lea, "greeting", "Hello!", "Good day: welcome!", "")

    after = all_yaml(desk).read_text("utf-8")
    assert done.leads_to == "/console/answers/greeting"
    assert texts_of(desk, "greeting") == ("Hello!", "Good day: welcome!")
    assert after == before.replace('"Hi!"]', '"Good day: welcome!"]')
    assert "Saved" in (await lea.get("/answers/greeting")).words
    assert (await desk.actions())[0] == "answer_changed"
    assert [path.name for path in all_yaml(desk).parent.iterdir()] == ["all.yaml"]


async def test_what_the_desk_would_refuse_is_refused_and_the_typing_kept(
    desk: ConsoleDesk, lea: Browser
) -> None:
    before = all_yaml(desk).read_text("utf-8")

    page = await save(lea, "order_shipped", "It's {{ order_numbr }}.", "<b>{% if</b>")

    assert page.status == 422
    assert "answers/all.yaml:" in page.words
    assert "'order_numbr' is neither a slot here nor known; did you mean 'order_number'?" in page.words
    assert "It&#39;s {{ order_numbr }}." in page.text
    assert "&lt;b&gt;{% if&lt;/b&gt;" in page.text
    assert (await save(lea, "greeting", "", " ")).status == 422
    assert (await save(lea, "greeting", "x" * 5000)).status == 422
    assert all_yaml(desk).read_text("utf-8") == before
    assert await desk.store.answers.changes("order_shipped") == []


async def test_who_opened_it_before_somebody_changed_it_loses_nothing(
    desk: ConsoleDesk, lea: Browser
) -> None:
    opened = hidden(await lea.get("/answers/greeting"), "base")
    await save(lea, "greeting", "Hello!", "Theirs")

    page = await save(lea, "greeting", "Mine", base=opened)

    assert page.status == 409
    assert "Somebody changed this answer" in page.words
    assert "- : Theirs" in page.words
    assert "+ : Mine" in page.words
    assert ">Mine</textarea>" in page.text
    assert texts_of(desk, "greeting") == ("Hello!", "Theirs")
    again = await save(lea, "greeting", "Mine", base=hidden(page, "base"))
    assert again.status == 303
    assert texts_of(desk, "greeting") == ("Mine",)


async def test_another_answer_of_the_file_may_change_meanwhile(desk: ConsoleDesk, lea: Browser) -> None:
    opened = hidden(await lea.get("/answers/greeting"), "base")
    await save(lea, "thanks", "Any time.")

    assert (await save(lea, "greeting", "Mine", base=opened)).status == 303
    assert texts_of(desk, "thanks") == ("Any time.",)


async def test_an_answer_that_was_deleted_meanwhile_gives_the_typing_back(
    desk: ConsoleDesk, lea: Browser
) -> None:
    opened = hidden(await lea.get("/answers/thanks"), "base")
    await send(lea, "/answers/thanks/delete", [("base", opened)])

    page = await save(lea, "thanks", "My new words", base=opened)

    assert page.status == 409
    assert "What you typed" in page.words
    assert "My new words" in page.words


YAML = """- id: greeting
  intent: greeting
  variants: ["Hello!", "Hi!"]
  buttons:
    - {label: Where is it, intent: order_status}   # what they ask most
"""


async def test_the_whole_entry_is_edited_as_yaml(desk: ConsoleDesk, lea: Browser) -> None:
    page = await lea.get("/answers/greeting?as=yaml")
    assert area(page) == '- {id: greeting, intent: greeting, variants: ["Hello!", "Hi!"]}'

    done = await save_yaml(lea, "greeting", YAML.replace("\n", "\r\n"))

    assert done.leads_to == "/console/answers/greeting?as=yaml"
    assert YAML in all_yaml(desk).read_text("utf-8")
    assert load_answers(all_yaml(desk).parent).get("greeting").buttons[0].intent == "order_status"


@pytest.mark.parametrize(
    ("yaml", "reason", "line"),
    [
        (YAML.replace("order_status", "order_statos"), "order_statos", 0),
        (YAML.replace("id: greeting", "id: hello"), "an id stays", 0),
        (YAML + "\n- {id: two, intent: two, variants: x}", "an id stays", 0),
        (YAML.replace("intent: greeting", "intnt: greeting"), "unknown key 'intnt'", 2),
        (YAML.replace('"Hello!"', '"{{ helo }}"'), "'helo' is neither", 3),
        (YAML.replace("variants:", "action: fly\n  variants:"), "calls action 'fly'", 0),
        ("", "begins with", 0),
        ("just words", "begins with", 0),
        ("- [", "not YAML", 0),
        ("- id: greeting\n  \x00", "greeting", 0),
        ("- id: greeting\n  variants: *nowhere", "nowhere", 2),
        ("- " + "x" * 40_000, "at most 30000", 0),
    ],
)
async def test_yaml_that_will_not_do_is_refused_and_kept(
    yaml: str, reason: str, line: int, desk: ConsoleDesk, lea: Browser
) -> None:
    before = all_yaml(desk).read_text("utf-8")

    page = await save_yaml(lea, "greeting", yaml)

    assert page.status == 422
    assert reason in page.words
    if line:
        assert f"That is line {line} of what you typed." in page.words
    if yaml:
        assert area(page) == yaml.replace("\x00", "")
    assert all_yaml(desk).read_text("utf-8") == before
    assert await desk.store.answers.changes("greeting") == []


async def test_a_deleted_answer_comes_back(desk: ConsoleDesk, lea: Browser) -> None:
    page = await lea.get("/answers/new_date")
    gone = await send(lea, "/answers/new_date/delete", [("base", hidden(page, "base"))])
    assert "new_date" not in load_answers(all_yaml(desk).parent).intents
    after = await lea.get(gone.leads_to.removeprefix("/console"))
    assert "was deleted" in after.words
    assert "- id: new_date" in after.words

    form = [("change", hidden(after, "change")), ("side", hidden(after, "side")), ("base", "")]
    back = await send(lea, "/answers/new_date/bring-back", form)

    assert back.status == 303
    assert texts_of(desk, "new_date") == ("{{ order_number }} comes on {{ day }}.",)
    assert (await desk.actions())[:2] == ["answer_restored", "answer_deleted"]


async def test_an_answer_that_others_lead_to_is_not_deleted(desk: ConsoleDesk, lea: Browser) -> None:
    page = await lea.get("/answers/return_how_to")

    refused = await send(lea, "/answers/return_how_to/delete", [("base", hidden(page, "base"))])

    assert refused.status == 422
    assert "return_request" in refused.words
    assert texts_of(desk, "return_how_to")


async def test_a_version_is_brought_back_through_the_same_check(desk: ConsoleDesk, lea: Browser) -> None:
    await save(lea, "greeting", "One")
    await save(lea, "greeting", "Two")
    newest, *_ = await desk.store.answers.changes("greeting")
    page = await lea.get("/answers/greeting")
    assert '- - {id: greeting, intent: greeting, variants: "One"}' in page.words
    base = hidden(page, "base")

    back = [("change", str(newest.id)), ("side", "before"), ("base", base)]
    assert (await send(lea, "/answers/greeting/bring-back", back)).status == 303
    assert texts_of(desk, "greeting") == ("One",)
    stale = await send(lea, "/answers/greeting/bring-back", back)
    assert stale.status == 409
    other = await send(lea, "/answers/thanks/bring-back", back)
    assert other.status == 404


async def test_changes_by_hand_are_told(desk: ConsoleDesk, lea: Browser) -> None:
    await save(lea, "greeting", "One")
    assert "changed by hand" not in (await lea.get("/answers/greeting")).words
    path = all_yaml(desk)
    path.write_text(path.read_text("utf-8").replace('"One"', '"By hand"'), "utf-8")

    page = await lea.get("/answers/greeting")
    assert "it was changed by hand" in page.words
    await save(lea, "greeting", "Two")
    assert "Written by hand, before" in (await lea.get("/answers/greeting")).words


async def test_files_that_are_broken_by_hand_are_told_and_the_list_stays(
    desk: ConsoleDesk, lea: Browser
) -> None:
    (desk.settings.folder / "answers" / "more.yaml").write_text("- id: x\n  intnt: y\n")

    page = await lea.get("/answers")
    assert "The files can't be used as they are" in page.words
    assert "answers/more.yaml:2:" in page.words
    assert "order_shipped" in page.words
    refused = await save(lea, "greeting", "New")
    assert refused.status == 422
    assert "answers/more.yaml:2:" in refused.words


async def test_who_calls_a_person_after_an_answer_is_counted_for_it(desk: ConsoleDesk) -> None:
    anna, ben = desk.customer(), desk.customer("ben")
    await anna.say("where is LW-11111")
    await anna.command("human")
    await ben.command("human")

    since = datetime.now(UTC) - timedelta(days=1)
    usage = await desk.store.answers.usage(["order_shipped", "handover"], since)

    assert [usage[one].handed_over for one in ("order_shipped", "handover")] == [1, 0]


async def test_a_new_intent_is_answered_and_its_questions_are_learned(
    desk: ConsoleDesk, lea: Browser
) -> None:
    page = await lea.get("/answers/new?intent=gift_wrap")
    assert 'name="id" type="text" value="gift_wrap"' in page.text

    form = [
        ("id", "gift_wrap"),
        ("intent", "gift_wrap"),
        ("file", "all.yaml"),
        ("title:en", "Gift wrap"),
        ("variants:en", "Yes, for £3."),
        ("variants:en", ""),
        ("variants:zh", "可以"),
        ("examples", "can you wrap it\r\nas a gift please\r\n\r\ncan you wrap it"),
    ]
    done = await send(lea, "/answers/new", form)

    assert done.leads_to == "/console/answers/gift_wrap"
    assert [(one.text, one.intent, one.by) for one in await desk.store.corrections()] == [
        ("can you wrap it", "gift_wrap", "Lea"),
        ("as a gift please", "gift_wrap", "Lea"),
    ]
    assert desk.n_learned == 1
    book = load_answers(all_yaml(desk).parent)
    assert dict(book.get("gift_wrap").variants.by_language) == {"en": ("Yes, for £3.",), "zh": ("可以",)}
    assert (await desk.actions())[0] == "answer_added"
    again = await send(lea, "/answers/new", form)
    assert again.status == 422
    assert "taken already" in again.words


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"id": "Gift Wrap"}, "id is 'Gift Wrap'; wanted small letters"),
        ({"id": "new"}, "id is 'new'"),
        ({"intent": "x: y"}, "intent is 'x: y'"),
        ({"file": "../evil.yaml"}, "the file is '../evil.yaml'"),
        ({"file": ".all.yaml"}, "the file is"),
        ({"variants:": " "}, "at least one variant"),
        ({"variants:en": "", "variants:": "{{ nothing }}"}, "'nothing' is neither"),
        ({"variants:xx": "Hej"}, "a text in 'xx'"),
    ],
)
async def test_a_new_answer_that_will_not_do_teaches_nothing(
    fields: dict[str, str], reason: str, desk: ConsoleDesk, lea: Browser
) -> None:
    form = {"id": "gift_wrap", "intent": "gift_wrap", "file": "all.yaml", "variants:": "Yes", "examples": "?"}

    page = await send(lea, "/answers/new", list((form | fields).items()))

    assert page.status == 422
    assert reason in page.words
    assert await desk.store.corrections() == []
    assert "gift_wrap" not in load_answers(all_yaml(desk).parent).intents


async def test_the_preview_shows_values_and_what_is_wrong(desk: ConsoleDesk, lea: Browser) -> None:
    form = [
        ("of", "order_shipped"),
        ("variants:", "{{ order_number }}: {{ result.eta | date }}, {{ result.total | money }}"),
        ("variants:", "{{ oder }} <i>"),
        ("variants:", "{% for x in"),
    ]
    page = await send(lea, "/answers/-/preview", form, **{"HX-Request": "true"})

    assert page.status == 200
    assert re.search(r"‹order number›: \w+ \d+ \w+, £39.00", page.words)
    assert "Variant 2: 'oder' is neither a slot here nor known" in page.words
    assert "not a template" in page.words
    yaml = [("of", "greeting"), ("yaml", YAML)]
    assert "Hello!" in (await send(lea, "/answers/-/preview", yaml)).words
    broken = [("of", "greeting"), ("yaml", "- [")]
    assert "not YAML" in (await send(lea, "/answers/-/preview", broken)).words


async def test_the_test_box_tells_what_a_customer_would_get_and_logs_nothing(desk: ConsoleDesk) -> None:
    ann = await desk.signed_in("ann@shop.example")

    part = await send(ann, "/answers/-/try", [("text", "where is LW-11111")], **{"HX-Request": "true"})
    page = await send(ann, "/answers/-/try", [("text", "<script>")])

    assert "Answered order_status" in part.words
    assert "LW-11111 is on its way." in part.words
    assert 'href="/console/answers/order_shipped"' in part.text
    assert "<html" not in part.text
    assert "<html" in page.text
    assert "<script>" not in page.text.split("<main", 1)[1]
    assert await desk.store.answers.log_begins() is None


async def test_agents_read_and_leads_write(desk: ConsoleDesk) -> None:
    ann = await desk.signed_in("ann@shop.example")
    before = all_yaml(desk).read_text("utf-8")

    page = await ann.get("/answers/greeting")
    assert page.status == 200
    assert "As it stands in the file" in page.words
    assert 'id="answer-form"' not in page.text
    assert "New answer" not in (await ann.get("/answers")).words
    for path in ("/answers/greeting", "/answers/greeting/delete", "/answers/greeting/bring-back"):
        assert (await ann.post(path, base="", yaml="- {id: greeting}")).status == 403
    assert (await ann.get("/answers/new")).status == 403
    assert (await ann.post("/answers/new", id="x")).status == 403
    assert (await ann.post("/answers/-/preview")).status == 403
    assert all_yaml(desk).read_text("utf-8") == before


async def test_what_is_not_there_is_not_found(desk: ConsoleDesk, lea: Browser) -> None:
    for path in ("/answers/nothing", "/answers/..%2f..%2fkefu", "/answers/%00"):
        assert (await lea.get(path)).status == 404
    assert (await lea.post("/answers/greeting/bring-back", change="99999999999", side="after")).status == 404
    assert (await save(lea, "nothing", "x", base="")).status == 409
    assert (await lea.send("/answers/greeting", OURS, base="")).status == 403


def _age(connection: Connection, by: timedelta) -> None:
    connection.execute(update(messages).values(at=now() - by))


async def test_what_speaks_against_an_answer_is_told_in_words(desk: ConsoleDesk, lea: Browser) -> None:
    await desk.customer().say("hi")
    assert "Never given" not in (await lea.get("/answers")).words
    await desk.store._database.write(_age, timedelta(days=40))
    fake_reader(desk.engine.dialogue).retriever.twins.append(("greeting", "goodbye"))
    await save(lea, "thanks", "You're welcome.", **{"variants:zh": "不客气"})

    page = await lea.get("/answers?only=concerns")

    assert "Never given in 30 days" in page.words
    assert "Nearly the same as goodbye" in page.words
    assert "Not in 中文" not in page.words  # texts without a language are for everybody
    await save_yaml(lea, "goodbye", "- {id: goodbye, intent: goodbye, variants: {en: Bye!}}")
    assert "Not in 中文" in (await lea.get("/answers/goodbye")).words
