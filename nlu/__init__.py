"""Text becomes an understanding."""
