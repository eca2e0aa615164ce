"""Mirrors bot/commands/doctoring."""
