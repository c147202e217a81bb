"""The product attacked from outside, in a network of its own."""
