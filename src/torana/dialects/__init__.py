"""Wire to core and back, one module for each protocol that applications or providers speak. Pure."""
