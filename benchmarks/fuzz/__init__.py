"""Feed damaged documents to every reader of foreign text; each must answer with a value or an error of ours."""
