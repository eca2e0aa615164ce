"""Other people's formats become dialogues."""
