"""The starter media that ship with Gramoji, and the recipe that rebuilds them."""
