"""Tasks x starting points x seeds as one job, and the table and plot of it."""
