"""The process scheduler: worker processes that keep what they compute."""
