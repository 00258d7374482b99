"""Simulated people: what is learned and estimated here can be held against a known truth. Never real use."""
