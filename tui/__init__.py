"""The window and the command line.  Imports nothing: a headless command must not load Textual."""
