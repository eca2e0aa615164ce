"""One message in, one turn out: the page to read first."""

import logging
import traceback
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import TYPE_CHECKING

from bot.autonomy import GuardedDialogue, Levels
from bot.dialogue import handoff
from bot.dialogue.dialogue import Dialogue
from bot.dialogue.phrases import is_no, is_yes
from bot.dialogue.state import ConversationState
from bot.dialogue.talk import Outcome, Talk, in_custody, reopened
from bot.incoming.attachments import MEDIA, answer_wordless, is_more_of_an_album
from bot.incoming.customer_commands import ALWAYS, CustomerCommands, as_command
from bot.incoming.flood import FloodLimit
from bot.incoming.lanes import Lanes
from bot.incoming.presses import Presses, is_for_the_desk
from bot.messages import Decision, Message, Reply, Turn
from bot.monitoring.logs import about
from bot.monitoring.meters import count_error, count_turn, timed, under_way
from bot.monitoring.tracing import fail, note, trace, trace_replies
from bot.news import News
from bot.settings import Settings
from bot.trial.canary import Canary
from bot.trial.shadow import Shadow
from bot.wording import choose_language, wording

if TYPE_CHECKING:
    from bot.store.records import Conversation
    from bot.store.store import Store

logger = logging.getLogger(__name__)


@dataclass
class Engine:
    """The desk's mind, with the dialogue of one release until `take_over` gives it another; a second one may watch as its
    `shadow`, or answer some conversations as a `canary`."""

    settings: Settings
    store: "Store"
    dialogue: Dialogue
    release: str
    levels: Levels = field(default_factory=Levels)
    flood: FloodLimit = field(init=False)
    lanes: Lanes = field(default_factory=Lanes)
    news: News = field(default_factory=News)
    shadow: Shadow | None = None
    canary: Canary | None = None

    def __post_init__(self) -> None:
        self.flood = FloodLimit(self.settings.conversation.messages_per_minute)

    def take_over(self, dialogue: Dialogue, release: str) -> None:
        """Go on with another dialogue; turns under way keep the one they began with."""
        self.dialogue, self.release = dialogue, release

    async def handle(self, message: Message) -> Turn:
        """Answer one message; the turn is stored before it is returned.

        Messages of a conversation are handled in order, those of different ones side by side. A repeat gets
        the turn it had. Raises only where the store does: then nothing is stored, and the channel tries again."""
        update = message.update_id
        with about(update=update), trace("turn", channel=message.channel, update=update):
            return await self._handle(message)

    async def _handle(self, message: Message) -> Turn:
        key, asked = message.conversation_key, perf_counter()
        async with self._in_order(key):
            arrived = await self.store.arrival(message)
            if isinstance(arrived, Turn):
                note(conversation=arrived.conversation_id, is_repeat=True)
                return arrived
            dialogue, release = self._dialogue_of(key)
            note(conversation=arrived.id, release=release)
            listening = self.shadow.listen(dialogue, self.levels) if self.shadow else None
            guarded = listening.dialogue if listening else GuardedDialogue(dialogue, self.levels)
            with about(conversation=arrived.id):
                turn = await self._take_turn(as_command(message), arrived, guarded, release)
        trace_replies(reply.message_id for reply in turn.replies)
        self.news.tell(key)
        if listening:
            listening.end(turn)
        count_turn(turn, total_s=perf_counter() - asked)
        _tell(turn)
        return turn

    @asynccontextmanager
    async def _in_order(self, conversation_key: str) -> AsyncIterator[None]:
        """Wait for the messages of the conversation that came before, to whichever process."""
        with under_way():
            async with AsyncExitStack() as ours:
                with timed("queue"):
                    await ours.enter_async_context(self.lanes.of(conversation_key))
                    await ours.enter_async_context(self.store.peers.in_order(conversation_key))
                yield

    def _dialogue_of(self, conversation_key: str) -> tuple[Dialogue, str]:
        """What answers a conversation, and the release it is of."""
        canary = self.canary
        if canary is not None and canary.has(conversation_key):
            return canary.dialogue, canary.release
        return self.dialogue, self.release

    async def _take_turn(
        self, message: Message, conversation: "Conversation", dialogue: GuardedDialogue, release: str
    ) -> Turn:
        """Anew where the conversation changed hands meanwhile: only who has it at the end may speak."""
        while True:
            started = perf_counter()
            talk = self._begin(message, conversation)
            outcome = await self._respond_or_apologise(talk, dialogue)
            talk.timings_ms["total"] = (perf_counter() - started) * 1000
            turn = await self._save(outcome, release)
            if turn is not None:
                return turn
            conversation = await self.store.conversation(message)

    async def _respond_or_apologise(self, talk: Talk, dialogue: GuardedDialogue) -> Outcome:
        try:
            return await self._respond(talk, dialogue)
        except Exception as error:
            # The text of an exception may quote the customer; where it arose does not.
            count_error("turn")
            fail(error)
            frames = "".join(traceback.format_tb(error.__traceback__))
            logger.error("conversation %d: %s\n%s", talk.conversation_id, type(error).__name__, frames)
            if talk.is_with_people:
                return Outcome(talk)
            return dialogue.answering.hand_over(talk, Decision("hand_over", "failure"))

    async def _respond(self, talk: Talk, dialogue: GuardedDialogue) -> Outcome:
        message = talk.message
        commands = CustomerCommands(self.settings, self.store)
        presses = Presses(dialogue, commands, self.store)
        if message.kind == "edit" and not await self._is_last_word(talk):
            return Outcome(talk)
        if talk.is_with_people and not await self._is_for_the_desk(talk, presses):
            return await self._overhear(talk, dialogue)
        if (verdict := self.flood.judge(message.customer_key, message.received_at)) != "fine":
            return _slow_down(talk) if verdict == "tell" else Outcome(talk)
        if message.kind == "button":
            return await presses.handle(talk)
        if talk.state.question == "comment" and not await self._is_request(talk, dialogue):
            return await self._take_comment(talk)
        talk = reopened(talk)
        if message.kind == "command":
            return await (
                presses.ask_for_person(talk) if message.command == "human" else commands.handle(talk)
            )
        if not talk.text.strip():
            return Outcome(talk) if is_more_of_an_album(talk) else answer_wordless(talk)
        if talk.state.question == "forget" and (is_yes(talk.text) or is_no(talk.text)):
            return await commands.forget(talk, is_sure=is_yes(talk.text))
        return await dialogue.hear(replace(talk, state=replace(talk.state, question="")))

    async def _is_request(self, talk: Talk, dialogue: GuardedDialogue) -> bool:
        """Whether a message asks for something, where a word about a rating was expected."""
        if talk.status != "closed" or talk.message.kind != "text" or not talk.text.strip():
            return True
        return await dialogue.is_request(talk)

    async def _take_comment(self, talk: Talk) -> Outcome:
        await self.store.inbox.comment_rating(talk.conversation_id, talk.text)
        talk = replace(talk, state=replace(talk.state, question=""))
        text = talk.words.say("Thank you, we read that.")
        return Outcome(talk, Decision("answer", "commented"), (Reply(text),))

    def _begin(self, message: Message, conversation: "Conversation") -> Talk:
        """The conversation as it stands when the message arrives."""
        now, options = message.received_at, self.settings.conversation
        state = ConversationState.from_json(conversation.state)
        language = choose_language(
            chosen=conversation.language,
            text=message.text,
            before=state.language,
            channel=message.language,
            desk=self.settings.desk.language,
        )
        state = replace(
            state.without_old_slots(now.timestamp(), options.forget_slots_after_s),
            turns=state.turns + 1,
            language=language,
        )
        text = message.text[: self.settings.understanding.max_chars]
        status = conversation.status
        talk = Talk(message, conversation.id, status, state, wording(language), now, text)
        talk = replace(talk, met=conversation.met)
        silence_s = options.human_silence_s
        if talk.is_with_people and handoff.is_given_up(state, conversation.status_since, now, silence_s):
            return in_custody(talk, handoff.give_back(state, "silence"))
        return talk

    async def _overhear(self, talk: Talk, dialogue: GuardedDialogue) -> Outcome:
        """Understand what is said to a person, for the suggestions made to them, unless it is too much at once; nothing
        is answered, but where only a draft waits the next one takes its place."""
        is_fine = self.flood.judge(talk.message.customer_key, talk.now) == "fine"
        is_read = is_fine and talk.text.strip() != ""
        is_held = talk.status == "waiting" and talk.state.is_held
        if is_read and is_held and talk.message.kind not in {"button", "command"}:
            return await dialogue.draft(talk)
        talk = replace(talk, state=handoff.hear(talk.state, talk.now))
        return Outcome(await dialogue.overhear(talk) if is_read else talk)

    async def _is_last_word(self, talk: Talk) -> bool:
        """Keep an edit in the log; True where it changes what was said last, so that it is answered anew."""
        is_known = await self.store.replace_message(talk.message) is not None
        return is_known and talk.message.replaces == talk.state.last_external_id

    async def _is_for_the_desk(self, talk: Talk, presses: Presses) -> bool:
        """Whether a message is meant for the bot though a person has the conversation."""
        if talk.message.kind == "command":
            return talk.message.command in ALWAYS
        if talk.message.kind == "button":
            return is_for_the_desk(await presses.find(talk))
        return talk.state.question == "forget" and (is_yes(talk.text) or is_no(talk.text))

    async def _save(self, outcome: Outcome, release: str) -> Turn | None:
        """None where the conversation changed hands since the message met it; then nothing is stored."""
        talk = outcome.talk
        said = talk.message.replaces or talk.message.external_id
        is_words = talk.message.kind not in {"button", "command"} and outcome.decision is not None
        state = replace(talk.state, last_external_id=said) if is_words else talk.state
        if talk.message.kind in MEDIA:
            state = replace(state, media_at=talk.now.timestamp())
        return await self.store.save_turn(
            talk.message,
            talk.conversation_id,
            understanding=talk.understanding,
            findings=talk.findings,
            decision=outcome.decision,
            replies=outcome.replies,
            state=state.to_json(),
            status=talk.status,
            met=talk.met,
            moved=talk.moved,
            release=release if talk.understanding else "",
            timings_ms=talk.timings_ms,
            draft=outcome.draft,
        )


def _slow_down(talk: Talk) -> Outcome:
    text = talk.words.say("That's a lot at once. Please wait a minute, then write again.")
    return Outcome(talk, None, (Reply(text),))


def _tell(turn: Turn) -> None:
    """What may be known of a turn, to its trace and the log."""
    decision = turn.decision
    told = {
        "turn": turn.message_id,
        "kind": turn.message.kind,
        "intent": decision.intent if decision else None,
        "decision": decision.kind if decision else None,
        "reason": decision.reason if decision else None,
        "answer": decision.answer_id if decision else None,
    }
    note(**told)
    ms = round(turn.timings_ms.get("total", 0.0), 1)
    logger.info(
        "turn conversation=%d message=%d kind=%s intent=%s prob=%.2f answer=%s decision=%s reason=%s ms=%.0f",
        turn.conversation_id,
        turn.message_id,
        turn.message.kind,
        decision.intent if decision else None,
        decision.prob if decision else 0.0,
        decision.answer_id if decision else None,
        decision.kind if decision else None,
        decision.reason if decision else None,
        turn.timings_ms.get("total", 0.0),
        extra={"conversation": turn.conversation_id, **told, "ms": ms},
    )
