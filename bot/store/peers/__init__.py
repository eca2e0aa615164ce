"""Several serving processes on one database: news between them, order, and work that one of them does."""
