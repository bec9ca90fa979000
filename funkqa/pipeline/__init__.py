"""The layer that joins the stages: ``recipe.py`` is the spine, ``command.py`` the short way for one command."""
