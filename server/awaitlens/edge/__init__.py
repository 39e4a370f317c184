"""The language server: the only importers of pygls and lsprotocol. Decides nothing, translates everything."""
