"""`kefu serve` as a process of its own: stopped, refused, edited and corrected while it runs."""

import asyncio
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from tests.bot.channels.fake_bot_api import TOKEN, FakeBotApi, bot_api
from tests.faults.crowd import orders_in
from tests.shop_desk import (
    Served,
    copy_shop,
    environment,
    free_port,
    is_open,
    run_kefu,
    serving,
)

pytestmark = pytest.mark.slow


def telegram_at(api: FakeBotApi) -> str:
    return f'\n[telegram]\nbase_url = "{api.base_url}"\npoll_timeout_s = 1\n'


async def test_told_to_stop_it_finishes_the_turns_under_way(
    trained_shop: Path, orders: str, tmp_path: Path
) -> None:
    async with bot_api() as api:
        shop = copy_shop(trained_shop, tmp_path / "shop", orders, telegram_at(api))
        dawdle(shop)
        async with serving(shop, "--port", "0", TELEGRAM_BOT_TOKEN=TOKEN) as served:
            asked = asyncio.create_task(served.post("where is my order LW-10023"))
            api.say("where is my order LW-10024")
            await served.until(lambda: not api.updates)
            await asyncio.sleep(0.2)
            assert not asked.done()

            assert await served.stop(signal.SIGTERM) == 0

            assert (await asked)["decision"]["answer_id"] == "order_status_shipped"
            assert orders_in(api.texts()) == ["LW-10024"]
            assert "turns under way are finished first" in served.log
            assert "Traceback" not in served.log


async def test_balancers_are_told_of_the_stop_while_it_still_serves(shop: Path) -> None:
    with (shop / "kefu.toml").open("a") as file:
        file.write("\n[web]\ndrain_s = 300\n")
    async with serving(shop, "--port", "0") as served:
        assert await readiness_of(served) == (200, "ready")
        served.process.send_signal(signal.SIGTERM)
        await served.until(lambda: "/readyz says so" in served.log)
        assert await readiness_of(served) == (503, "stopping")
        assert (await served.post("hello"))["decision"]["answer_id"] == "greeting"

        assert await served.stop(signal.SIGTERM) == 0, "a second signal cuts it short"
        assert "turns under way are finished first" in served.log


async def test_a_desk_that_makes_do_without_its_release_is_ready_and_says_so(shop: Path) -> None:
    first = (shop / "releases" / "current").read_text("utf-8").strip()
    (shop / "releases" / first / "heads.safetensors").write_bytes(b"null")
    async with serving(shop, "--port", "0") as served, served.client.get(f"{served.url}readyz") as answer:
        assert answer.status == 200
        assert "making do without the current release" in (await answer.json())["note"]


async def readiness_of(served: Served) -> tuple[int, str]:
    async with served.client.get(f"{served.url}readyz") as answer:
        body = await answer.json()
        return answer.status, body.get("status") or body["error"]["code"]


def dawdle(shop: Path, seconds: int = 1) -> None:
    """Have the order system take its time."""
    settings = shop / "kefu.toml"
    text = settings.read_text("utf-8")
    settings.write_text(
        text.replace('/orders/{{ order_number }}"', f'/orders/{{{{ order_number }}}}?slow={seconds}"'),
        "utf-8",
    )


def one_line(ended: "subprocess.CompletedProcess[str]") -> str:
    """What a command said that ended with a complaint."""
    assert ended.returncode == 1
    assert ended.stdout == ""
    [line] = ended.stderr.splitlines()
    return line


async def test_a_new_desk_shows_a_link_for_the_first_admin(shop: Path) -> None:
    async with serving(shop, "--port", "0", "--quiet") as served:
        stdout = served.process.stdout
        assert stdout is not None
        told = (await stdout.read(2000)).decode()
        link = told.split()[-1]
        assert link.startswith(f"{served.url}console/join/")
        async with served.client.get(link) as page:
            assert page.status == 200
        async with served.client.get(f"{served.url}console/") as page:
            assert page.url.path == "/console/sign-in"
            assert "kefu staff add" in await page.text()


async def test_where_metrics_are_is_told_with_the_rest(shop: Path) -> None:
    async with serving(shop, "--port", "0", "--metrics-port", "0", "--quiet") as served:
        assert served.process.stdout is not None
        told = (await served.process.stdout.read(2000)).decode()
        [line] = [line.split() for line in told.splitlines() if "metrics" in line]
        async with served.client.get(line[-1]) as answer:
            assert "kefu_turns_total" in await answer.text()


def test_a_port_that_is_taken_is_named(shop: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = one_line(run_kefu("serve", "-w", str(shop), "--port", str(port)))
    assert said == (
        f"kefu: can't listen on 127.0.0.1:{port}: address already in use; stop what uses it, "
        "or choose another with --port or [web] port in kefu.toml"
    )


def test_a_workspace_without_a_release_is_told_how_to_get_one(shop: Path) -> None:
    (shop / "releases" / "current").unlink()
    said = one_line(run_kefu("serve", "-w", str(shop)))
    assert said == (
        f"kefu: {shop}/releases/current: not found; train a first release with `kefu train -w {shop}`"
    )
    assert not (shop / "kefu.db").exists()


async def test_a_second_server_on_the_same_log_is_refused(shop: Path) -> None:
    async with serving(shop, "--port", "0") as served:
        second = await asyncio.to_thread(run_kefu, "serve", "-w", str(shop), "--port", "0")
        said = one_line(second)
        assert said.startswith(f"kefu: {shop}/kefu.db: another `kefu serve` is using it")
        assert "KEFU_DATABASE_URL" in said
        assert (await served.post("hello"))["decision"]["answer_id"] == "greeting"
        assert await served.stop(signal.SIGINT) == 0


async def test_what_is_edited_and_what_is_released_is_taken_over_without_a_restart(shop: Path) -> None:
    first = (shop / "releases" / "current").read_text("utf-8").strip()
    async with serving(shop, "--port", "0") as served:
        assert "working days" in await reply(served, "how much is delivery?", 1)

        answers = shop / "answers" / "shopping.yaml"
        answers.write_text(answers.read_text("utf-8").replace("working days", "sunny days"), "utf-8")
        await served.until(lambda: served.log.count("answering with release") == 1)
        assert "sunny days" in await reply(served, "how much is delivery?", 2)

        copy_release(shop, first, "second")
        used = await asyncio.to_thread(run_kefu, "releases", "promote", "second", "-w", str(shop))
        assert used.returncode == 0, used.stderr
        await served.until(lambda: "answering with release second" in served.log)
        assert "sunny days" in await reply(served, "how much is delivery?", 3)

    with closing(sqlite3.connect(shop / "kefu.db")) as database:
        rows = database.execute("SELECT release FROM understandings ORDER BY message_id").fetchall()
    assert [release for (release,) in rows] == [first, first, "second"]


async def test_what_is_broken_is_refused_with_the_reason_and_the_desk_stays_on_what_it_had(
    shop: Path,
) -> None:
    current = shop / "releases" / "current"
    first = current.read_text("utf-8").strip()
    answers = shop / "answers" / "shopping.yaml"
    whole = answers.read_text("utf-8")
    async with serving(shop, "--port", "0") as served:
        broken = copy_release(shop, first, "broken")
        (broken / "heads.safetensors").write_bytes(b"\0" * 100)
        current.write_text("broken\n", "utf-8")
        await served.until(lambda: "not taken over" in served.log)
        assert f"release {first} goes on: {broken / 'heads.safetensors'}" in served.log
        assert "working days" in await reply(served, "how much is delivery?", 1)

        current.write_text(f"{first}\n", "utf-8")
        await served.until(lambda: f"answering with release {first}" in served.log)
        answers.write_text(whole.replace("variants:", "varaints:", 1), "utf-8")
        await served.until(lambda: f"{answers}:" in served.log)
        assert "working days" in await reply(served, "how much is delivery?", 2)
        assert served.log.count("not taken over") == 2
        assert "Traceback" not in served.log


def copy_release(shop: Path, name: str, new_name: str) -> Path:
    """Another release with the same files."""
    releases = shop / "releases"
    for path in (releases / name).iterdir():
        (releases / new_name).mkdir(exist_ok=True)
        (releases / new_name / path.name).write_bytes(path.read_bytes())
    return releases / new_name


async def reply(served: Served, text: str, number: int) -> str:
    answer = await served.post(text, number=number)
    return str(answer["replies"][0]["text"])


async def test_a_correction_given_beside_a_running_server_is_known_to_the_next_message(shop: Path) -> None:
    slang = "yo wheres me clobber at"
    async with serving(shop, "--port", "0") as served:
        before = await served.post(slang, "one")
        assert before["decision"]["kind"] == "clarify"

        taught = await asyncio.to_thread(
            run_kefu, "correct", "-w", str(shop), slang, "--intent", "order_status"
        )
        assert taught.returncode == 0, taught.stderr
        await asyncio.sleep(1.5)  # it looks once a second

        after = await served.post(slang, "two")
        assert (after["decision"]["kind"], after["decision"]["intent"]) == ("ask", "order_status")


async def test_the_serving_process_loads_no_training_library_and_stays_small(
    trained_shop: Path, orders: str, tmp_path: Path
) -> None:
    program = (
        "import atexit, sys; from bot.cli import main;"
        "heavy = {'torch', 'transformers', 'sklearn', 'training', 'matplotlib', 'opentelemetry', 'requests'};"
        "atexit.register(lambda: print(heavy & {*sys.modules}));"
        "main()"
    )
    async with bot_api() as api:
        shop = copy_shop(trained_shop, tmp_path / "shop", orders, telegram_at(api))
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, "serve", "-w", shop, "--port", "0",
            env=environment(TELEGRAM_BOT_TOKEN=TOKEN), stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        api.say("where is my order LW-10023")
        await api.until(lambda: bool(api.texts()), within_s=60)
        rss_mb = psutil.Process(process.pid).memory_info().rss / 1e6
        process.terminate()
        told, _ = await process.communicate()

    assert told.decode().splitlines()[-1] == "set()"
    assert process.returncode == 0
    assert rss_mb < 400


async def test_the_demo_starts_its_order_system_and_stops_it(trained_shop: Path, tmp_path: Path) -> None:
    port = free_port()
    address, any_port = f"http://127.0.0.1:{port}", "\n[web]\nport = 0\n"
    shop = copy_shop(trained_shop, tmp_path / "shop", address, any_port)
    trained = {*(shop / "releases").iterdir()}
    async with serving(shop, command="demo") as served:
        answer = await served.post("where is my order LW-10023")
        assert answer["decision"]["answer_id"] == "order_status_shipped"

        second = one_line(await asyncio.to_thread(run_kefu, "demo", "-w", str(shop)))
        assert second.startswith(f"kefu: port {port} is taken, where {shop}/order_system.py is to listen")

        assert await served.stop() == 0
    assert not is_open(port)
    assert {*(shop / "releases").iterdir()} == trained
