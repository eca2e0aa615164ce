"""Releases on trial, and retrainings."""
