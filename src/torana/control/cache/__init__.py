"""The cache room of the office: what the cache saves, emptying it, and telling it of wrong answers."""
