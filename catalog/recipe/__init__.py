"""The recipe that rebuilds `catalog/data` from public packages: `python -m catalog.recipe --help`."""
