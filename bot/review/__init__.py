"""What staff look at to make the desk better: messages worth a minute, groups, new intents, a second reading."""
