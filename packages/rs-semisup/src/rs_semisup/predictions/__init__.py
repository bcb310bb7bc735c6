"""What a teacher predicts for the rows of an index, as Parquet files."""
