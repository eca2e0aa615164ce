"""The log of the desk: everything that is read from and written to the database, one transaction a call."""

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any

from bot.messages import Button, ConversationStatus, Decision, Draft, Message, Met, Reply, Turn
from bot.store import delivery, dialogues, moves, updates
from bot.store.candidates.retrainings import Retrainings
from bot.store.candidates.trials import Trials
from bot.store.customers import Customers
from bot.store.databases.database import Database, open_database
from bot.store.databases.pool import PoolUse
from bot.store.inbox import transcripts
from bot.store.inbox.canned import Canned
from bot.store.inbox.inbox import Inbox
from bot.store.inbox.saved_views import SavedViews
from bot.store.insights.alerts import Alerts
from bot.store.insights.answers import Answers
from bot.store.insights.drift import Drift
from bot.store.insights.insights import Insights
from bot.store.insights.standing import Standing, standing
from bot.store.labels import labelling, labels
from bot.store.labels.given import GivenLabel
from bot.store.labels.log import LabelLog
from bot.store.labels.mined import MinedLog
from bot.store.labels.rules import training_labels
from bot.store.privacy import forget
from bot.store.privacy.masking import Masking
from bot.store.privacy.retention import Retention
from bot.store.records import (
    Conversation,
    Correction,
    ForgetReport,
    LoggedDialogue,
    Outgoing,
    StoredMessage,
    StoredUpdate,
)
from bot.store.sealing.resealing import Sealing
from bot.store.staff.accounts import Accounts
from bot.store.topics.group import StaffGroupLog
from bot.store.turns import arrivals, saving
from bot.store.turns.at_once import is_plain, save_at_once
from bot.store.turns.outcome import Outcome
from bot.store.values import now
from nlu.understanding import Understanding
from retrieval.candidates import Findings

logger = logging.getLogger(__name__)
LEFT_AFTER_S = 10.0  # one that lost the database for a moment is no sooner taken for dead
SILENCE_S = 3600.0  # a dialogue is over after this long without a word


class Store:
    """Conversations in one database; made by `await Store.open(url)`, used as an async context manager or closed.

    `inbox` is what staff do in it, `customers` who they are and what is stored of them, `accounts` who they are, `insights` what it tells of a period,
    `labels` what people said that messages mean, `alerts` what the sentiment watch noticed, `drift` what messages are like
    day by day, `canned` the texts staff keep for replies, `answers` what became of the answers, `saved_views` what staff keep
    of the inbox, `mined` what was proposed from transcripts, `retrainings` how it gets better, `trials` releases that are
    tried beside the one that serves, `retention` what is kept for a time only, `masking` what loses its personal data in time, `sealing` the keys its words are encrypted with, `staff_group` what stands in their group on Telegram, `peers` other processes that
    serve the same database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.inbox = Inbox(database)
        self.customers = Customers(database)
        self.labels = LabelLog(database)
        self.accounts = Accounts(database)
        self.insights = Insights(database)
        self.alerts = Alerts(database)
        self.drift = Drift(database)
        self.canned = Canned(database)
        self.answers = Answers(database)
        self.saved_views = SavedViews(database)
        self.retrainings = Retrainings(database)
        self.trials = Trials(database)
        self.mined = MinedLog(database)
        self.retention = Retention(database)
        self.masking = Masking(database)
        self.sealing = Sealing(database)
        self.peers = database.peers
        self._sender = database.sender  # tells the replies we have in hand from those another process left
        self.staff_group = StaffGroupLog(database, self._sender)

    @classmethod
    async def open(cls, url: str, *, exclusive: bool = True) -> "Store":
        """Open the database and bring its tables up to date.

        `exclusive`: this process serves, so no other may serve the same SQLite file; tools that work beside
        a running server pass False. Raises StoreError when it can't be had."""
        return cls(await open_database(url, exclusive=exclusive))

    async def close(self) -> None:
        await self._database.close()

    @property
    def pool(self) -> PoolUse | None:
        """How the connections to PostgreSQL are used; None for SQLite."""
        return self._database.pool

    @property
    def is_alone(self) -> bool:
        """Whether no other process can be serving this database."""
        return self._database.is_alone

    async def __aenter__(self) -> "Store":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # updates seen

    async def record_updates(self, channel: str, received: Sequence[tuple[str, dict[str, Any]]]) -> list[str]:
        """Store (update id, payload) pairs before they are acknowledged; the ids that are new."""
        return await self._database.write(updates.record_updates, channel, received)

    async def open_updates(self, channel: str, *, left_for_s: float = 0.0) -> list[StoredUpdate]:
        """Updates stored so long ago and not finished, in the order they were stored."""
        return await self._database.read(updates.open_updates, channel, timedelta(seconds=left_for_s))

    async def finish_update(self, channel: str, update_id: str) -> None:
        """Close an update that needs no turn; save_turn closes its own."""
        await self._database.write(updates.finish_update, channel, update_id)

    # turns

    async def arrival(self, message: Message) -> Turn | Conversation:
        """The turn of a message that was handled before (`is_repeat`), with the replies it had; else the conversation it
        belongs to, made, with its customer, where it is new."""
        found = await self._database.look(arrivals.find_arrival, message)
        if found is not None:
            return found
        return await self._database.write(arrivals.make_conversation, message)

    async def conversation(self, message: Message) -> Conversation:
        """The conversation a message belongs to, as it is now; made, with its customer, where it is new."""
        found = await self._database.look(arrivals.find_conversation, message)
        if found is not None:
            return found
        return await self._database.write(arrivals.make_conversation, message)

    async def save_turn(
        self,
        message: Message,
        conversation_id: int,
        *,
        understanding: Understanding | None,
        findings: Findings | None,
        decision: Decision | None,
        replies: Sequence[Reply],
        state: dict[str, Any],
        status: ConversationStatus,
        met: Met,
        release: str,
        timings_ms: Mapping[str, float],
        moved: str = "",
        draft: Draft | None = None,
    ) -> Turn | None:
        """Write all of a turn in one transaction, its update closed with it; None, and nothing is written, where the
        conversation has another status than was `met`, or remembers something else. `moved` says why `status` is another, a fixed word; `draft` is what a
        person is to look at first.

        A message that has a turn already is not written again: the stored turn comes back, `is_repeat` set."""
        outcome = Outcome(
            understanding,
            findings,
            decision,
            replies,
            state,
            status,
            met,
            release,
            timings_ms,
            moved,
            draft,
        )
        turn = None
        if is_plain(message, outcome):  # None: not in this way
            turn = await self._database.write_one(save_at_once, message, conversation_id, outcome)
        if turn is None:
            turn = await self._database.write(saving.save_turn, message, conversation_id, outcome)
        if turn is not None and not turn.is_repeat:
            self.peers.tell_soon(message.conversation_key)
        return turn

    async def replace_message(self, message: Message) -> int | None:
        """Store an edit over message.replaces, the old text kept as a version; the id of the edited message."""
        return await self._database.write(saving.replace_message, message)

    async def set_language(self, customer_key: str, language: str) -> None:
        """Remember the language a customer chose, "" for none."""
        await self._database.write(arrivals.set_language, customer_key, language)

    # delivery

    async def undelivered(self, channel: str) -> list[Outgoing]:
        """The reply each conversation waits for next, oldest first; see bot/store/delivery.py.

        Ask again after sending: only then does a conversation's next reply come up."""
        is_alone = self._database.is_alone
        return await self._database.read(delivery.undelivered, channel, self._sender, is_alone=is_alone)

    async def mark_sending(self, message_id: int) -> bool:
        """Take a reply in hand before sending it; False: it is another server's or waits no longer, don't send."""
        is_alone = self._database.is_alone
        return await self._database.write(delivery.mark_sending, message_id, self._sender, is_alone=is_alone)

    async def put_back_left(self, channel: str, *, since_s: float = LEFT_AFTER_S) -> int:
        """Put back replies that processes had in hand which are gone: sooner than by the time they take; how many."""
        if self._database.is_alone:
            return 0  # what others have in hand is free
        since, n_replies = timedelta(seconds=since_s), 0
        at_work = await self._database.read(delivery.senders_at_work, channel, self._sender, since)
        for sender in at_work:
            if await self.peers.is_gone(sender):
                n_replies += await self._database.write(delivery.put_back, channel, sender)
        return n_replies

    async def keep_sending(self, message_id: int) -> bool:
        """Keep a reply in hand before it is tried again; False: it is ours no longer, don't send."""
        return await self._database.write(delivery.keep_sending, message_id, self._sender)

    async def mark_delivered(self, message_id: int, external_id: str = "") -> None:
        """It arrived, and the channel calls it `external_id`."""
        await self._database.write(delivery.mark_delivered, [message_id], external_id)

    async def mark_all_delivered(self, message_ids: Sequence[int]) -> None:
        """They arrived, by a channel that has no ids of its own for them."""
        await self._database.write(delivery.mark_delivered, message_ids)

    async def mark_failed(self, message_id: int, reason: str) -> None:
        """It will not be tried again."""
        await self._database.write(delivery.mark_failed, message_id, reason)

    async def mark_blocked(self, customer_key: str) -> None:
        """The customer blocked the bot: what waits in the conversations they began is not sent."""
        await self._database.write(delivery.mark_blocked, customer_key)

    async def migrate_conversation(self, old_key: str, new_key: str) -> None:
        """The channel gave a conversation another id."""
        await self._database.write(moves.migrate_conversation, old_key, new_key)

    async def buttons_of(self, message_id: int, *, conversation_key: str | None = None) -> tuple[Button, ...]:
        """The buttons under a reply; () where it has none, is unknown, or belongs to another conversation."""
        return await self._database.read(delivery.buttons_of, message_id, conversation_key)

    # reading

    async def transcript(
        self, conversation_key: str, *, after: int = 0, limit: int = 200
    ) -> list[StoredMessage]:
        """The first `limit` messages with ids above `after`, oldest first."""
        return await self._database.read(transcripts.transcript, conversation_key, after=after, limit=limit)

    async def standing(self, since: datetime) -> Standing:
        """How the desk stands at this moment; its answers are those since that time."""
        return await self._database.read(standing, since)

    async def status(self, conversation_key: str) -> ConversationStatus | None:
        """Who has a conversation; None where there is none of that key."""
        return await self._database.read(transcripts.status, conversation_key)

    async def conversations_for_export(
        self, since: datetime | None = None, *, sent: Sequence[GivenLabel] = (), silence_s: float = SILENCE_S
    ) -> AsyncIterator[LoggedDialogue]:
        """Finished dialogues, those that ended before `since` left out; one conversation in memory at a time.

        `sent` are labels beside those in the log: what staff's own replies show."""
        gap = timedelta(seconds=silence_s)
        silent_before = now() - gap
        given = training_labels([*await self.labels.given(), *sent])
        for conversation_id in await self._database.read(dialogues.conversation_ids, since):
            found = await self._database.read(
                dialogues.dialogues_of, conversation_id, given, silent_before=silent_before, gap=gap
            )
            for dialogue in found:
                if since is None or dialogue.ended_at >= since:
                    yield dialogue

    # labels

    async def add_feedback(self, message_id: int, value: str, by: str) -> None:
        """What somebody thinks of a reply: "helpful", "not_helpful", or the intent they chose under it."""
        await self._database.write(labels.add_feedback, message_id, value, by)

    async def add_correction(
        self,
        text: str,
        intent: str,
        by: str,
        note: str = "",
        message_id: int | None = None,
        answer_id: str | None = None,
    ) -> int:
        """Store a label of staff; its id."""
        return await self._database.write(labelling.correct, text, intent, by, note, message_id, answer_id)

    async def corrections(self, after_id: int = 0) -> list[Correction]:
        """The corrections that hold today, oldest first."""
        return await self._database.read(labels.standing_corrections, after_id)

    async def corrections_since(self, after_id: int) -> list[Correction]:
        """All that happened after that id, oldest first, for a memory that follows: where `undoes` is set, the
        correction of that id is to be unlearned; its text is gone where the customer was forgotten."""
        return await self._database.read(labels.corrections_since, after_id)

    async def undo_correction(self, correction_id: int, by: str = "") -> int:
        """Take a correction back; the id of the undo."""
        return await self._database.write(labelling.take_back, correction_id, by)

    # forgetting

    async def preview_forget(self, customer_key: str) -> ForgetReport:
        """What `forget` would remove; nothing is changed."""
        return await self._database.preview(forget.forget_customer, customer_key)

    async def forget(self, customer_key: str, *, rewrite: bool = False) -> ForgetReport:
        """Remove a customer from every table. Raises StoreError for an unknown one.

        On SQLite deleted bytes are overwritten. `rewrite` writes the database file anew as well, which can
        take a while: for the command line, not while serving."""
        report = await self._database.write(forget.forget_customer, customer_key)
        self.insights.forget()
        self.peers.tell_soon(customer_key)  # that of the conversation too, but for groups
        if not await self._database.erase_traces(rewrite=rewrite):
            logger.warning(
                "customer %d is forgotten; the files show traces until readers let go", report.customer_id
            )
        return report
