"""Files that bookkeepers and time trackers export, read right or refused."""
