"""A ladder as one job: every row trained with several seeds, and what each brings beside what was published."""
