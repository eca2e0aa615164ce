"""The lines and bars of a long job."""

import io

from rich.console import Console

from bot.progress import Stages


def shown(*calls: tuple[str, int, int] | str) -> str:
    """What a terminal-less console gets of a job: stages, and lines told between them."""
    file = io.StringIO()
    with Stages(Console(file=file, width=100)) as stages:
        for call in calls:
            if isinstance(call, str):
                stages.tell(call)
            else:
                stages.show(*call)
    return file.getvalue()


def test_a_line_says_which_stage_it_is_about() -> None:
    told = shown(("reading", 0, 0), ("fine-tuning", 0, 0), "up to 5 minutes [on this CPU]")
    assert "fine-tuning: up to 5 minutes [on this CPU]\n" in told


def test_a_stage_keeps_its_line_while_what_it_says_changes() -> None:
    told = shown(("search", 0, 0), ("search: trial 1 of 2", 1, 4), ("search: trial 2 of 2", 4, 4))
    assert told.count("search") == 1
    assert "search: trial 2 of 2" in told
