"""Layers: functions and modules on tensors."""
