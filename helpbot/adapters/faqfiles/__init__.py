"""FAQ files on disk: YAML to entries, or every problem with its place."""
