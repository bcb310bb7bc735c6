"""Image classification by a network that was trained before: fine-tuned, or its features as they are."""
