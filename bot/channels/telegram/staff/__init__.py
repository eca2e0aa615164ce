"""The staff's group: each conversation that people have is a topic there, and what they write reaches the customer."""
