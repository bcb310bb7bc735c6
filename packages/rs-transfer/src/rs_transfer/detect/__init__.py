"""Detection on Pascal VOC: Faster R-CNN with a feature pyramid, in mmdetection."""
