"""Off-policy evaluation: what another policy would have earned, judged from the log of the one that ran."""
