"""What waits for a person at their desk, role by role."""
