"""What people read: plan, account, reconciliation, as plain text and as data."""
