"""Reports of what an update changed: pure functions of ``funkqa.model.change.Changes``."""
