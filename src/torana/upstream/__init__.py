"""The HTTP clients behind one seam, and what providers share around it. No vendor words, no dialect."""
