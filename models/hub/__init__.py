"""Large models of a hub behind the protocol of the small ones; chosen in YAML, see docs/hub.md."""
