"""Pure rules: plain values in, codes and frozen dataclasses out.  No clock, no input or output."""
