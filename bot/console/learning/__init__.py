"""How the desk gets better: retrainings."""
