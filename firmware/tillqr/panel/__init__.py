"""What the customer sees: the ST7789 driver, the surface, fonts, texts and screens."""
