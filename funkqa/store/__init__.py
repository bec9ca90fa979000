"""Result file to Measurement and back."""
