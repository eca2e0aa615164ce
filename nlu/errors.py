"""The errors of this package: NluError and the few leaves beside what raises them."""


class NluError(Exception):
    """Something about understanding went wrong that the operator can mend; the text says what and where."""
