"""The staff's pages: who may come in, and what they see."""
