"""The adapters that run the SQL models; the only modules here that may touch files."""
