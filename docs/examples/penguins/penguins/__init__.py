"""The stages of the penguins pipeline, a module each, and the helpers that they share."""
