"""The words and arithmetic of the product; standard library only."""
