"""What the bot says: the answers, their texts and how far it goes by itself."""
