"""The additive study on video as one job; the job itself is ``rs_core.study.ladder``."""
