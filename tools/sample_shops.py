"""Shops to draw: one for each language, with its currency and goods."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Shop:
    """What a shop of some language has."""

    name: str
    currency: str
    amount: int
    goods: tuple[tuple[str, str, int], ...]


SHOPS = {
    "en": Shop(
        "Greenway Market",
        "GBP",
        1437,
        (
            ("Sourdough bread", "", 380),
            ("Milk 1 l", "2", 290),
            ("Bananas", "0.732 kg", 117),
            ("Free range eggs, large, box of twelve", "", 450),
            ("Voucher", "", -100),
            ("Coffee beans 250 g", "", 300),
        ),
    ),
    "zh": Shop(
        "绿源生活超市",
        "CNY",
        12850,
        (
            ("东北大米 5 公斤", "", 4590),
            ("纯牛奶 1 升", "2", 2360),
            ("红富士苹果", "1.240 kg", 1980),
            ("酱油", "", 1220),
            ("优惠券", "", -500),
            ("绿茶 250 克", "", 3200),
        ),
    ),
    "de": Shop(
        "Bäckerei Müller & Söhne",
        "EUR",
        123450,
        (
            ("Bauernbrot geschnitten", "", 480),
            ("Vollmilch 1 l", "2", 258),
            ("Äpfel Elstar", "1,240 kg", 346),
            ("Gruyère am Stück, sechs Monate gereift", "", 899),
            ("Gutschein", "", -500),
            ("Kaffee 500 g", "", 799),
        ),
    ),
    "fr": Shop(
        "Épicerie du Marché",
        "EUR",
        4790,
        (
            ("Pain de campagne", "", 310),
            ("Lait entier 1 l", "2", 268),
            ("Pommes", "1,240 kg", 334),
            ("Œufs de poules élevées en plein air", "", 389),
            ("Remise fidélité", "", -500),
            ("Café moulu 250 g", "", 429),
        ),
    ),
    "es": Shop(
        "Panadería San José",
        "EUR",
        123450,
        (
            ("Pan de pueblo", "", 210),
            ("Leche entera 1 l", "2", 198),
            ("Manzanas", "1,240 kg", 246),
            ("Jamón serrano de bodega, loncheado", "", 599),
            ("Cupón", "", -500),
            ("Café molido 250 g", "", 389),
        ),
    ),
    "pt": Shop(
        "Padaria São João",
        "BRL",
        8790,
        (
            ("Pão francês", "0,500 kg", 890),
            ("Leite integral 1 l", "2", 1178),
            ("Maçãs", "1,240 kg", 1116),
            ("Queijo minas meia cura, peça inteira", "", 3290),
            ("Cupom", "", -500),
            ("Café torrado 500 g", "", 2199),
        ),
    ),
}
