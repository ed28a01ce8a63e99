"""From figure families to a trained model."""
