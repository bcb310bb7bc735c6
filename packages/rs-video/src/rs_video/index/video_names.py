"""Which names are videos."""

# Compared without regard to case; the first is what the published lists of Kinetics and most tools write.
VIDEO_EXTENSIONS = (
    *(".mp4", ".mkv", ".webm", ".avi", ".mov", ".m4v"),
    *(".mpg", ".mpeg", ".ogv", ".flv", ".wmv", ".3gp", ".ts"),
)

# For messages.
SOME_EXTENSIONS = ".mp4, .mkv, .webm, .avi, .mov, …"
