"""Where the vectors of the semantic extra come from: a folder with a model, or a server."""
