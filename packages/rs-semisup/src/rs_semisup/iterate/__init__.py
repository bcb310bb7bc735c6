"""Teacher, student, teacher: the stages one after another."""
