"""The ways to reach real devices, one module or package each, all behind ``home.backend.Source``."""
