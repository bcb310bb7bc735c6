"""Networks side by side: what each costs by counting, and what it takes on this machine."""
