"""What each page is for: its main job, done by clicking, and what is left of it for whoever may only read."""
