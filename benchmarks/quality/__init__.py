"""How good the product's judgements are, on sets that carry the truth; one module for each kind of set."""
