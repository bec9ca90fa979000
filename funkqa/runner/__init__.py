"""Steps and the throw-away root they run in."""
