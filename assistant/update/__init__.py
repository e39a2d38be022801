"""Releases: signed bundles, installed beside the running one, switched by a link, and undone where they do not work."""
