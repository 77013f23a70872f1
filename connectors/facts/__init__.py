"""From the ledger's records to the facts that the engine reads: who, what for, in which currency."""
