"""What forms hold, and what is wrong with it, in words."""

from aiohttp import web

from bot.console.accounts.passwords import MAX_LENGTH, MIN_LENGTH
from bot.store.staff.members import is_email
from bot.wording import Wording

MAX_NAME = 80
MAX_NUMBER = 2**31 - 1  # an id in the database
MAX_NUMBERS = 5000  # databases take only so many values in a statement


async def form_of(request: web.Request) -> dict[str, str]:
    """The texts of a form; files are left out."""
    return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}


def number_of(request: web.Request, name: str = "id") -> int:
    """An id in the address. Raises HTTPNotFound where it is none."""
    number = small_number(request.match_info[name])
    if number is None:
        raise web.HTTPNotFound
    return number


def small_number(text: str) -> int | None:
    """An id as it was written; None where it can't be one."""
    is_id = text.isascii() and text.isdigit() and int(text[:20]) <= MAX_NUMBER
    return int(text[:20]) if is_id else None


def numbers_of(text: str) -> list[int]:
    """Ids with commas between, MAX_NUMBERS at most. Raises HTTPBadRequest for anything else."""
    numbers = [small_number(part) for part in text.split(",")]
    if None in numbers or len(numbers) > MAX_NUMBERS:
        raise web.HTTPBadRequest
    return [number for number in numbers if number is not None]


def email_problem(words: Wording, email: str) -> str:
    """Why that can't be an e-mail address, "" where it can."""
    return "" if is_email(email) else words.say("That is no e-mail address, such as ana@shop.example.")


def name_problem(words: Wording, name: str) -> str:
    if not name.strip():
        return words.say("A name is needed: it stands beside what you do.")
    return "" if len(name.strip()) <= MAX_NAME else words.say("At most {limit} characters.", limit=MAX_NAME)


def password_problem(words: Wording, password: str) -> str:
    if len(password) < MIN_LENGTH:
        return words.say("At least {limit} characters; a few words in a row are good.", limit=MIN_LENGTH)
    return "" if len(password) <= MAX_LENGTH else words.say("At most {limit} characters.", limit=MAX_LENGTH)


def wait_problem(words: Wording, wait_s: int) -> str:
    """How long to wait after too many tries."""
    minutes = -(-wait_s // 60)
    if minutes == 1:
        return words.say("Too many tries. Try again in a minute.")
    return words.say("Too many tries. Try again in {minutes} minutes.", minutes=minutes)
