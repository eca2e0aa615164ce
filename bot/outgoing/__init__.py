"""HTTP that the desk itself begins: to the company's own systems and to webhooks, and nowhere else."""
