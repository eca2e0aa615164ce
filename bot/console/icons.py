"""The console's icons: paths of 24 by 24, drawn with the colour of the text around."""

from markupsafe import Markup

PATHS = {
    "inbox": '<path d="M4 13.5l2.6-7.2A1.5 1.5 0 0 1 8 5.3h8a1.5 1.5 0 0 1 1.4 1l2.6 7.2V17a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 17z"/>'
    '<path d="M4 13.5h4.5l1.2 2.2h4.6l1.2-2.2H20"/>',
    "download": '<path d="M12 4.5v10M8 11l4 4 4-4M5 19h14"/>',
    "review": '<path d="M4.5 6.5h15M4.5 12h8M4.5 17.5h5"/><path d="M14 16.5l2.2 2.2 4.3-4.6"/>',
    "canned": '<path d="M5 6.5h14M5 11h14M5 15.5h8"/><path d="M16.5 13.5v6M13.5 16.5h6"/>',
    "autonomy": '<path d="M4.5 7.5h9M17.5 7.5h2M4.5 16.5h2M10.5 16.5h9"/><circle cx="15.5" cy="7.5" r="2"/><circle cx="8.5" cy="16.5" r="2"/>',
    "answers": '<path d="M5.5 4.5h13A1.5 1.5 0 0 1 20 6v9a1.5 1.5 0 0 1-1.5 1.5H12l-4.5 3.5v-3.5h-2A1.5 1.5 0 0 1 4 15V6a1.5 1.5 0 0 1 1.5-1.5z"/>'
    '<path d="M8 8.7h8M8 12.2h5"/>',
    "insights": '<path d="M4.5 4.5V18A1.5 1.5 0 0 0 6 19.5h13.5"/><path d="M8.5 15l3.2-4.2 3 2.4 4.3-6"/>',
    "retraining": '<path d="M19.5 12a7.5 7.5 0 0 1-13.2 4.9M4.5 12a7.5 7.5 0 0 1 13.2-4.9"/><path d="M18 3.5v4h-4M6 20.5v-4h4"/>',
    "alert": '<path d="M12 4.5l8.5 14.5h-17z"/><path d="M12 10v4M12 16.5v.2"/>',
    "team": '<circle cx="9" cy="8" r="3.25"/><path d="M3.5 19c.4-3.2 2.6-5 5.5-5s5.1 1.8 5.5 5"/>'
    '<path d="M15.5 5.1a3.1 3.1 0 0 1 0 5.8M17 14.3c2 .6 3.2 2.2 3.5 4.7"/>',
    "audit": '<path d="M6.5 3.5h11a1.5 1.5 0 0 1 1.5 1.5v14a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 5 19V5a1.5 1.5 0 0 1 1.5-1.5z"/>'
    '<path d="M8.5 8.5h7M8.5 12h7M8.5 15.5h4"/>',
    "account": '<circle cx="12" cy="9" r="3.25"/><circle cx="12" cy="12" r="8.75"/><path d="M6.3 18.3c.9-2.3 3-3.5 5.7-3.5s4.8 1.2 5.7 3.5"/>',
    "sign_out": '<path d="M14 4.5H7A1.5 1.5 0 0 0 5.5 6v12A1.5 1.5 0 0 0 7 19.5h7M11 12h9M16.5 8.5L20 12l-3.5 3.5"/>',
    "back": '<path d="M14.5 6L8.5 12l6 6"/>',
    "next": '<path d="M9.5 6l6 6-6 6"/>',
    "close": '<path d="M7 7l10 10M17 7L7 17"/>',
    "plus": '<path d="M12 5.5v13M5.5 12h13"/>',
    "copy": '<rect x="8.5" y="8.5" width="11" height="11" rx="2"/><path d="M15.5 5.5v-.25A.75.75 0 0 0 14.75 4.5H6A1.5 1.5 0 0 0 4.5 6v8.75c0 .4.3.75.75.75h.25"/>',
    "up": '<path d="M6 14.5l6-6 6 6"/>',
    "down": '<path d="M6 9.5l6 6 6-6"/>',
    "shield": '<path d="M12 3.5l7 2.5v5.5c0 4.3-2.9 7.5-7 9-4.1-1.5-7-4.7-7-9V6z"/><path d="M9 12l2.2 2.2L15.3 10"/>',
    "link": '<path d="M10 14a3.5 3.5 0 0 0 5 0l3.5-3.5a3.54 3.54 0 0 0-5-5L12.5 6.5"/><path d="M14 10a3.5 3.5 0 0 0-5 0l-3.5 3.5a3.54 3.54 0 0 0 5 5l1-1"/>',
}  # fmt: skip


def icon(name: str) -> Markup:
    """One of PATHS as SVG; it says nothing to those who listen, so a text goes with it."""
    return Markup(  # noqa: S704 - written above
        '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" '
        f'stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round">{PATHS[name]}</svg>'
    )
