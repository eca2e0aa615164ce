"""What staff do with a conversation: take it, answer, give it back, close it, leave a note."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.dialogue import handoff
from bot.dialogue.handoff import Custody
from bot.dialogue.state import ConversationState
from bot.errors import BotError
from bot.messages import Button
from bot.news import News
from bot.settings import Settings
from bot.store.records import Held, Line, Move, Moved, Reworded, Settlement, StoredDraft
from bot.store.store import Store
from bot.wording import Wording, wording

SCORES = range(1, 6)
RATE_AGAIN_AFTER = timedelta(days=1)


class NoConversation(BotError):
    """There is none of that number, or its customer is forgotten."""


class TakenByOther(BotError):
    """Somebody else has the conversation; `assignee_id` says who."""

    def __init__(self, conversation_id: int, assignee_id: int | None) -> None:
        super().__init__(f"conversation {conversation_id} is with staff member {assignee_id}")
        self.assignee_id = assignee_id


class DraftGone(BotError):
    """The draft was sent, rejected or overtaken meanwhile."""


@dataclass(frozen=True, slots=True)
class Staffing:
    """Moves conversations between bot and people; each call is one transaction, so of two who take one
    conversation at the same moment the second is told."""

    store: Store
    settings: Settings
    news: News

    async def take(self, conversation_id: int, staff_id: int, *, from_other: bool = False) -> Moved:
        """Have it from now on. Raises TakenByOther, unless it is to be taken `from_other`."""

        def decide(held: Held) -> Move:
            if not from_other:
                _check_is_free(conversation_id, held, staff_id)
            return _move(handoff.take(_state(held), datetime.now(UTC), staff_id))

        return await self._do(conversation_id, staff_id, decide)

    async def assign(self, conversation_id: int, staff_id: int, to: int | None) -> Moved:
        """Give it to a colleague, or with None back to all of them."""

        def decide(held: Held) -> Move:
            now = datetime.now(UTC)
            if to is None:
                return _move(handoff.hand_over(_state(held), now, "unassigned"))
            return _move(handoff.take(_state(held), now, to, "assigned"))

        return await self._do(conversation_id, staff_id, decide)

    async def say(self, conversation_id: int, staff_id: int, text: str) -> Moved:
        """Answer the customer; who answers has the conversation. Raises TakenByOther where another has it."""
        return await self.show(conversation_id, staff_id, Line("person", text))

    async def show(self, conversation_id: int, staff_id: int, line: Line) -> Moved:
        """The same with whatever a channel lets staff show. Raises TakenByOther."""

        def decide(held: Held) -> Move:
            _check_is_free(conversation_id, held, staff_id)
            return _move(handoff.take(_state(held), datetime.now(UTC), staff_id), line)

        return await self._do(conversation_id, staff_id, decide)

    async def send_draft(
        self, conversation_id: int, staff_id: int, draft_id: int, text: str | None = None
    ) -> Moved:
        """Say what the bot would have said, or with `text` in other words. Nobody need take the conversation for that: it is
        the bot's again. Raises TakenByOther, DraftGone."""

        def decide(held: Held) -> Move:
            draft = _waiting_draft(conversation_id, held, staff_id, draft_id)
            said = draft.text if text is None else text
            settles: Settlement = "sent" if said == draft.text else "edited"
            # In other words it is no longer the answer that was found: what the customer thinks of it is none of its.
            answers = draft.message_id if settles == "sent" else None
            line = Line("person", said, draft.buttons, answers=answers)
            if held.status == "person":
                custody = handoff.take(_state(held), datetime.now(UTC), staff_id)
            else:
                then = ConversationState.from_json(draft.state)
                custody = Custody(
                    "bot", replace(then, slots={**then.slots, **_state(held).slots}), "draft_sent"
                )
            return _move(custody, line, settles=settles)

        return await self._do(conversation_id, staff_id, decide)

    async def reject_draft(self, conversation_id: int, staff_id: int, draft_id: int) -> Moved:
        """That isn't to be said. Raises TakenByOther, DraftGone."""

        def decide(held: Held) -> Move:
            _waiting_draft(conversation_id, held, staff_id, draft_id)
            state = replace(_state(held), is_held=False)
            custody = Custody(held.status, state, "draft_rejected", held.assignee_id)
            return _move(custody, settles="rejected")

        return await self._do(conversation_id, staff_id, decide)

    async def reword(self, conversation_id: int, external_id: str, text: str) -> Reworded | None:
        """Say something that came under that id otherwise; what it says now, None where nothing came so."""
        reworded = await self.store.inbox.reword(conversation_id, external_id, text)
        if reworded is not None:
            self.news.tell(reworded.conversation_key)
        return reworded

    async def give_back(self, conversation_id: int, staff_id: int) -> Moved:
        """Let the bot speak again, which says so."""

        def decide(held: Held) -> Move:
            said = Line("bot", self._words(held).say("I'm back. What can I do for you?"))
            return _move(handoff.give_back(_state(held)), *([said] if held.status != "bot" else []))

        return await self._do(conversation_id, staff_id, decide)

    async def close(self, conversation_id: int, staff_id: int) -> Moved:
        """It is done; the customer is asked how content they are, once a day at most."""

        def decide(held: Held) -> Move:
            state, now = _state(held), datetime.now(UTC)
            is_due = now.timestamp() - state.asked_to_rate_at >= RATE_AGAIN_AFTER.total_seconds()
            if held.status == "closed" or not (self.settings.conversation.ask_rating and is_due):
                return _move(handoff.close(state, held.assignee_id))
            custody = handoff.close(handoff.asked_to_rate(state, now), held.assignee_id)
            return _move(custody, rating_question(self._words(held)), asks_to_rate=True)

        return await self._do(conversation_id, staff_id, decide)

    async def note(
        self, conversation_id: int, staff_id: int, text: str, *, external_id: str | None = None
    ) -> None:
        """Tell colleagues something; the customer never sees it."""
        key = await self.store.inbox.add_note(conversation_id, staff_id, text, external_id=external_id)
        if key is None:
            raise NoConversation(f"there is no conversation {conversation_id}")
        self.news.tell(key)

    async def _do(self, conversation_id: int, staff_id: int, decide: Callable[[Held], Move]) -> Moved:
        moved = await self.store.inbox.move(conversation_id, staff_id, decide)
        if moved is None:
            raise NoConversation(f"there is no conversation {conversation_id}")
        self.news.tell(moved.conversation_key)
        return moved

    def _words(self, held: Held) -> Wording:
        return wording(held.language or self.settings.desk.language)


def rating_question(words: Wording) -> Line:
    """How content the customer is, from 1 to 5."""
    text = words.say("How content are you with this conversation, from 1 (not at all) to 5 (very)?")
    return Line("bot", text, tuple(Button(str(score), f"{handoff.RATE}:{score}") for score in SCORES))


def _state(held: Held) -> ConversationState:
    return ConversationState.from_json(held.state)


def _check_is_free(conversation_id: int, held: Held, staff_id: int) -> None:
    if held.status == "person" and held.assignee_id != staff_id:
        raise TakenByOther(conversation_id, held.assignee_id)


def _waiting_draft(conversation_id: int, held: Held, staff_id: int, draft_id: int) -> StoredDraft:
    _check_is_free(conversation_id, held, staff_id)
    if held.draft is None or held.draft.id != draft_id:
        raise DraftGone(f"draft {draft_id} of conversation {conversation_id} waits no longer")
    return held.draft


def _move(
    custody: Custody, *lines: Line, asks_to_rate: bool = False, settles: Settlement | None = None
) -> Move:
    state = custody.state.to_json()
    return Move(
        custody.status,
        custody.assignee_id,
        state,
        custody.reason,
        lines,
        asks_to_rate=asks_to_rate,
        settles=settles,
    )
