"""The card reader: its protocol, what cards say, and the task that deals with them."""
