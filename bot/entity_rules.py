"""The rules a workspace's entities are found by."""

from bot.settings import Settings
from nlu.rules import EntityRules, load_rules


def entity_rules(settings: Settings) -> EntityRules:
    """Those of entities.yaml, as they hold where the desk is."""
    desk = settings.desk
    return load_rules(
        settings.folder / "entities.yaml", country=desk.country, currency=desk.currency, zone=desk.zone
    )
