"""Profiles drawn as one HTML page that needs no network."""

from __future__ import annotations

from treadle.diagnostics.plots.page import ProfilePage, visualize

__all__ = ["ProfilePage", "visualize"]
