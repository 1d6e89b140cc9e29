"""Settings of all tests."""

from __future__ import annotations

from hypothesis import settings

# How long an example takes says nothing about treadle on a busy machine.
settings.register_profile("treadle", settings(), deadline=None)
settings.load_profile("treadle")
