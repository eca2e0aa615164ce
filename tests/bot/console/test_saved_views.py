"""Saved views: kept, opened, counted, shared, renamed, deleted; and who may not."""

import pytest

from bot.console.inbox import asking
from bot.store.inbox.saved_views import MAX_VIEWS
from tests.bot.console.console_desk import Browser, ConsoleDesk


async def save(browser: Browser, name: str, q: str = "", view: str = "open", **more: str) -> str:
    answer = await browser.post("/inbox/views", name=name, view=view, q=q, **more)
    assert answer.status == 303, answer.text
    return (await browser.get(answer.leads_to.removeprefix("/console"))).words


async def id_of(desk: ConsoleDesk, name: str, staff_id: int = 1) -> int:
    return next(one.id for one in await desk.store.saved_views.of(staff_id) if one.name == name)


async def test_a_search_is_kept_opened_and_counted(desk: ConsoleDesk) -> None:
    for name in ("anna", "otto"):
        await desk.customer(name).say("where is LW-11111")
    await desk.customer("mia").say("something with my order")
    ben = await desk.signed_in("ben@shop.example")

    assert "The view Parcels is saved" in await save(ben, "Parcels", "where intent:order_status")
    await save(ben, "Everything")
    part = await ben.get("/inbox/views/part?view=open&q=where+intent:order_status")

    assert "Everything 3 Parcels 2" in part.words
    assert part.text.count("aria-current") == 1
    opened = await ben.get(f"/inbox/views/{await id_of(desk, 'Parcels')}")
    assert opened.leads_to == "/console/inbox/open?q=where%20intent%3Aorder_status"
    assert "web" in (await ben.get(opened.leads_to.removeprefix("/console"))).words.lower()
    plain = await ben.get(f"/inbox/views/{await id_of(desk, 'Everything')}")
    assert plain.leads_to == "/console/inbox/open"


async def test_counts_are_capped(desk: ConsoleDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.console.inbox.saved_views.MAX_COUNTED", 2)
    for name in ("anna", "otto", "mia"):
        await desk.customer(name).say("hi")
    ben = await desk.signed_in("ben@shop.example")
    await save(ben, "All")
    await save(ben, "Greetings", "intent:greeting")
    assert (await ben.get("/inbox/views/part")).words.count("99+") == 2


async def test_own_views_are_seen_by_nobody_else_until_a_lead_shares(desk: ConsoleDesk) -> None:
    lena = await desk.signed_in("lena@shop.example", "lead", "Lena")
    ben = await desk.signed_in("ben@shop.example", name="Ben")
    await save(lena, "Angry", "sentiment:angry")
    number = await id_of(desk, "Angry")
    assert "Angry" not in (await ben.get("/inbox/views/part")).words
    assert (await ben.get(f"/inbox/views/{number}")).status == 404

    await lena.post(f"/inbox/views/{number}/share", shared="yes")
    part = await ben.get("/inbox/views/part")
    assert "Angry" in part.words
    assert "shared by Lena" in part.text
    assert (await ben.get(f"/inbox/views/{number}")).status == 303
    for deed in ("rename", "delete", "share"):
        assert (await ben.post(f"/inbox/views/{number}/{deed}", name="Mine")).status == 403
    await lena.post(f"/inbox/views/{number}/rename", name="Furious")
    await lena.post(f"/inbox/views/{number}/share")
    assert (await ben.get(f"/inbox/views/{number}")).status == 404
    assert (await desk.actions())[:3] == ["view_unshared", "view_renamed", "view_shared"]


async def test_agents_keep_views_but_share_none(desk: ConsoleDesk) -> None:
    ben = await desk.signed_in("ben@shop.example")
    assert (await ben.post("/inbox/views", name="x", view="open", q="", shared="yes")).status == 400
    assert "for all" not in (await ben.get("/inbox")).words
    await save(ben, "Mine")
    number = await id_of(desk, "Mine")
    await ben.post(f"/inbox/views/{number}/rename", name="Ours")
    assert "Ours" in (await ben.get("/inbox/views")).words
    await ben.post(f"/inbox/views/{number}/delete")
    assert "No view is saved" in (await ben.get("/inbox/views")).words
    assert not [one for one in await desk.actions() if one.startswith("view")]


async def test_a_lead_saves_for_all_at_once_and_admins_may_tidy_up(desk: ConsoleDesk) -> None:
    lena = await desk.signed_in("lena@shop.example", "lead")
    ada = await desk.signed_in("ada@shop.example", "admin")
    await save(lena, "Unrated", "decision:hand_over", shared="yes")
    number = await id_of(desk, "Unrated", 2)
    await ada.post(f"/inbox/views/{number}/delete")
    assert (await desk.actions())[:2] == ["view_deleted", "view_shared"]
    assert "Deleted the shared view Unrated" in (await ada.get("/audit")).words


async def test_a_view_whose_filters_are_no_longer_known_says_so(
    desk: ConsoleDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ben = await desk.signed_in("ben@shop.example")
    await save(ben, "Angry", "lamp sentiment:angry")
    monkeypatch.delitem(asking._READERS, "sentiment")

    opened = await ben.get(f"/inbox/views/{await id_of(desk, 'Angry')}")
    page = await ben.get(opened.leads_to.removeprefix("/console"))
    assert "filters that are no longer known: sentiment:angry" in page.words
    assert "can't be opened any more" in (await ben.get("/inbox/views/part")).words


async def test_names_are_needed_unique_and_short(desk: ConsoleDesk) -> None:
    ben = await desk.signed_in("ben@shop.example")
    assert "A view needs a name" in await save(ben, "  ")
    assert "At most 40 characters" in await save(ben, "x" * 41)
    await save(ben, "One")
    assert "You have a view of that name already" in await save(ben, "One", "lamp")
    await save(ben, "Two")
    answer = await ben.post(f"/inbox/views/{await id_of(desk, 'Two')}/rename", name="One")
    assert "of that name already" in (await ben.get(answer.leads_to.removeprefix("/console"))).words
    for number in range(MAX_VIEWS - 2):
        await save(ben, f"n{number}")
    assert f"You have {MAX_VIEWS} views" in await save(ben, "too many")


async def test_hostile_input_does_no_harm(desk: ConsoleDesk) -> None:
    ben = await desk.signed_in("ben@shop.example")
    await save(ben, "<img src=x>\0", "<script>\0 ' OR 1=1 from:x")
    for path in ("/inbox/views", "/inbox/views/part", "/inbox"):
        page = await ben.get(path)
        assert page.status == 200
        assert "<img" not in page.text
        assert "<script>" not in page.text
    assert (await ben.get("/inbox/views/999999999999")).status == 404
    assert (await ben.get("/inbox/views/x")).status == 404
    assert (await ben.post("/inbox/views", name="x", view="nowhere", q="")).status == 400
    assert (await ben.send("/inbox/views", name="x", view="open", q="")).status == 403


async def test_a_view_about_a_forgotten_customer_goes(desk: ConsoleDesk) -> None:
    await desk.customer("anna").say("my zebra lamp hums")
    await desk.customer("otto").say("my sofa creaks")
    await desk.customer("anna").say("my sofa too")
    ben = await desk.signed_in("ben@shop.example")
    while await desk.store.inbox.index_messages():
        pass
    for name, q in (("a", "zebra"), ("b", "sofa sentiment:angry"), ("c", ""), ("d", "nobody said that")):
        await save(ben, name, q)
    await desk.store.forget("web:anna")
    assert [one.name for one in await desk.store.saved_views.of(1)] == ["b", "c", "d"]
