"""What a host must have to be measured on: each requirement is tried, never looked up by version."""
