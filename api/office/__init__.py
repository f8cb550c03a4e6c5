"""The department API: what a department is served in the shared zone, under its grants."""
