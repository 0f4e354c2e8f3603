"""Reading: plain tuples out, always within what the actor may see."""
