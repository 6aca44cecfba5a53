"""What touches the world. Siblings never import one another; only bootstrap names them."""
