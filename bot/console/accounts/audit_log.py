"""The audit log: who changed what, and when."""

from aiohttp import web

from bot.console.console import console_of
from bot.console.forms import MAX_NUMBER
from bot.console.rendering import render, role_name, words_for
from bot.console.routes import get
from bot.store.staff.records import ROLES, AuditEntry
from bot.wording import Wording

PAGE = 50


async def audit_page(request: web.Request) -> web.Response:
    """A page of entries, the newest first; `before` is the id that the page before ended with."""
    words, before = words_for(request), _before(request)
    entries = await console_of(request).accounts.audit(before, PAGE + 1)
    lines = [(entry, _who(words, entry), told(words, entry)) for entry in entries[:PAGE]]
    older = entries[PAGE - 1].id if len(entries) > PAGE else None
    return render(request, "audit.html", lines=lines, older=older, is_first=before is None)


def told(words: Wording, entry: AuditEntry) -> str:
    """What was done, as a sentence; an action that has none is given as it is stored."""
    known = {
        name: role_name(words, value) if value in ROLES else value for name, value in entry.details.items()
    }
    values = {"target": entry.target, "client": "", "role": "", "was": "", **known}
    match entry.action:
        case "added":
            return words.say("Added {target} as {role}", **values)
        case "invited":
            return words.say("Invited {target} as {role}", **values)
        case "invitation_withdrawn":
            return words.say("Withdrew the link for {target}", **values)
        case "joined":
            return words.say("Joined as {role}", **values)
        case "signed_in":
            return words.say("Signed in: {target}", **values)
        case "sign_in_failed" if not entry.target:
            return words.say("Somebody without an account failed to sign in, from {client}", **values)
        case "sign_in_failed":
            return words.say("Somebody failed to sign in as {target}, from {client}", **values)
        case "signed_out":
            return words.say("Signed out: {target}", **values)
        case "signed_out_elsewhere":
            return words.say("Signed out every other browser")
        case "renamed":
            return words.say("Changed the name of {target}", **values)
        case "password_changed":
            return words.say("Changed the password of {target}", **values)
        case "password_reset":
            return words.say("Made a link for a new password of {target}", **values)
        case "second_factor_on":
            return words.say("Turned on the second factor of {target}", **values)
        case "second_factor_off":
            return words.say("Turned off the second factor of {target}", **values)
        case "second_factor_reset":
            return words.say("Reset the second factor of {target}", **values)
        case "canned_added":
            return words.say("Kept the text /{target}", **values)
        case "canned_changed":
            return words.say("Changed the text /{target}", **values)
        case "canned_removed":
            return words.say("Removed the text /{target}", **values)
        case "autonomy_changed":
            values["target"] = entry.target or words.say("all others")
            return words.say("Set how far the bot goes with {target}: {level}", **values)
        case "trial_started" if "share" in entry.details:
            values["share"] = f"{float(entry.details['share']):.0%}"
            return words.say("Let release {target} answer {share} of the conversations", **values)
        case "trial_started":
            return words.say("Let release {target} watch without answering", **values)
        case "trial_ended":
            return words.say("Ended the trial of release {target}", **values)
        case "telegram_linked":
            return words.say("Made {target} known in the staff group", **values)
        case "telegram_unlinked":
            return words.say("Made {target} unknown in the staff group", **values)
        case "asked_for_retraining":
            return words.say("Asked for retraining {target}", **values)
        case "stopped_retraining":
            return words.say("Stopped retraining {target}", **values)
        case "retraining_schedule" if entry.target == "never":
            return words.say("Ended retraining by the desk itself")
        case "retraining_schedule":
            return words.say("Set the desk to retrain by itself: {target}", **values)
        case "role_changed":
            return words.say("Changed the role of {target} from {was} to {role}", **values)
        case "disabled":
            return words.say("Disabled {target}", **values)
        case "labelled_together":
            return words.say("Labelled {messages} messages at once as {target}", **values)
        case "labelled":
            return words.say("Labelled a message as {target}", **values)
        case "corrected":
            return words.say("Taught a text as {target}, as {name}", **values)
        case "label_undone":
            return words.say("Took back the correction {target}", **values)
        case "settled" if not entry.target:
            return words.say("Settled that nothing is learned from {messages} messages", **values)
        case "settled":
            return words.say("Settled a disagreement: {target}", **values)
        case "proposal_dismissed":
            return words.say("Dismissed a proposed intent of {messages} messages", **values)
        case "retention":
            return words.say("Removed what has served its time: {counts}", counts=_counts(entry) or "0")
        case "customer_exported":
            return words.say("Wrote out what is stored of customer {target}", **values)
        case "view_shared":
            return words.say("Shared the view {target} with all", **values)
        case "view_unshared":
            return words.say("Shares the view {target} no longer", **values)
        case "view_renamed":
            return words.say("Renamed the shared view {was} to {target}", **values)
        case "view_deleted":
            return words.say("Deleted the shared view {target}", **values)
        case "enabled":
            return words.say("Enabled {target}", **values)
        case "answer_added":
            return words.say("Wrote the answer {target}", **values)
        case "answer_changed":
            return words.say("Changed the answer {target}", **values)
        case "answer_deleted":
            return words.say("Deleted the answer {target}", **values)
        case "answer_restored":
            return words.say("Brought back a version of the answer {target}", **values)
        case "mined_accepted":
            return words.say("Accepted the proposed intent {target}", **values)
        case "mined_dropped":
            return words.say("Dropped the proposed intent {target}", **values)
        case "mined_reopened":
            return words.say("Left the proposed intent {target} open again", **values)
        case "mined_renamed":
            return words.say("Renamed the proposed intent {target}", **values)
        case "mined_merged":
            return words.say("Merged the proposed intent {target} into {into}", **values)
        case "mined_split":
            return words.say("Split the proposed intent {target}", **values)
        case "mined_answer":
            return words.say("Changed the proposed answer to {target}", **values)
        case "mined_entity":
            return words.say("Decided on the proposed entity {target}", **values)
        case "mined_undone":
            return words.say("Took back a change of the proposed intents")
        case "mined_written":
            return words.say("Wrote {target} proposed intents into the workspace", **values)
    return " ".join(
        [entry.action, entry.target, *(f"{name}={value}" for name, value in entry.details.items())]
    )


def _counts(entry: AuditEntry) -> str:
    return ", ".join(f"{name} {value}" for name, value in entry.details.items())


def _who(words: Wording, entry: AuditEntry) -> str:
    if entry.action == "sign_in_failed":
        return "—"  # that isn't known
    return entry.by or words.say("Command line")


def _before(request: web.Request) -> int | None:
    text = request.query.get("before", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or int(text[:20]) > MAX_NUMBER:
        raise web.HTTPNotFound
    return int(text[:20])


ROUTES = (get("/audit", audit_page, role="admin"),)
