"""How the desk gets better overnight: the steps of a retraining, and who takes them."""
