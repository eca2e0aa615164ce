"""How texts at rest are masked: as `kefu export` masks them."""

from collections.abc import Collection, Mapping

from bot.commands.export import spans
from bot.settings import Settings
from bot.store.privacy.masking import Entities, Mask
from bot.store.records import LoggedEntity
from training.redact import redact
from training.turns import EntityLabel


def mask_of(settings: Settings) -> Mask:
    """The masking of a desk: its country's phone numbers, its personal entity types beside the usual."""
    country, types = settings.desk.country, settings.retention.mask_types

    def mask(text: str, entities: Entities, known: Mapping[str, str]) -> tuple[str, Entities]:
        return _masked(text, entities, known, country, types)

    return mask


def _masked(
    text: str, entities: Entities, known: Mapping[str, str], country: str, types: Collection[str]
) -> tuple[str, Entities]:
    understood = [EntityLabel(one.start, one.end, one.label, one.value) for one in entities]
    done = redact(text, [*understood, *spans(text, known, understood)], country=country, also=types)
    # What was known by its place elsewhere alone is no entity of this text.
    is_own = {(one.label, one.value) for one in understood} | {(one.label, "") for one in understood}
    kept = tuple(
        LoggedEntity(one.label, one.start, one.end, done.text[one.start : one.end], one.value)
        for one in done.entities
        if (one.label, one.value) in is_own
    )
    return done.text, kept
