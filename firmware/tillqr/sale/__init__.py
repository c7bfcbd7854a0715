"""The sale: money, attempts, receipts, the payment code and the checkout table. All pure."""
