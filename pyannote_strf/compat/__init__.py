"""Repairs of upstream: one defect per file, with a test that fails once upstream is fixed."""
