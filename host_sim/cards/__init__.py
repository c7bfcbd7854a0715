"""Virtual cards: what a customer holds to the reader."""
