"""Networks that label images: ours and timm's."""
