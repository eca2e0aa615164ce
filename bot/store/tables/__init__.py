"""The tables of the database. A change here needs a migration; a test compares the two."""
