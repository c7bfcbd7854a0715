"""QR symbols, read back and judged by plain transcriptions of ISO/IEC 18004.

Nothing here comes from the encoder: the reader below takes a symbol apart module by module, the
penalty is the standard's text in loops, and the shortest stream is found by trying every way to
cut the text. The same file runs on CPython and on MicroPython.
"""

import gc
import sys
from hashlib import sha256

from tillqr import qr
from tillqr.qr.penalty import penalty

_ALNUM = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_COUNT_BITS = {1: (10, 12, 14), 2: (9, 11, 13), 4: (8, 16, 16)}
_TIE = "87"  # leads to two masks of the same, lowest penalty
_PAYLOAD = (
    "00020101021229370016A0000006770101110113006680000123452040000530376454041250"
    "5802TH5913Corner shop 26006Berlin62290525order-8f2c19a7b3d46c01e5f26304ABCD"
)


class _Random:
    """The same numbers on every runtime."""

    def __init__(self, seed):
        self.state = seed

    def below(self, limit):
        self.state = (self.state * 1103515245 + 12345) & 0x3FFFFFFF
        return (self.state >> 8) % limit

    def text(self, length):
        sets = ("0123456789", _ALNUM, "abcdefghijklmnopqrstuvwxyz,;=&?")
        out = ""
        while len(out) < length:
            letters = sets[self.below(3)]
            for _ in range(1 + self.below(12)):
                out += letters[self.below(len(letters))]
        return out[:length]


def _matrix(code):
    return [[code.module(x, y) for x in range(code.size)] for y in range(code.size)]


def _digest(code):
    rows = sha256()
    for y in range(code.size):
        rows.update(bytes(code.row(y)))
    return "".join(f"{b:02x}" for b in rows.digest()[:8])


# --- a reader --------------------------------------------------------------------------------


def _inverts(mask, x, y):
    """Table 10: whether the data mask pattern inverts the module."""
    return (
        (x + y) % 2,
        y % 2,
        x % 3,
        (x + y) % 3,
        (y // 2 + x // 3) % 2,
        x * y % 2 + x * y % 3,
        (x * y % 2 + x * y % 3) % 2,
        ((x + y) % 2 + x * y % 3) % 2,
    )[mask] == 0


_CENTRES = {  # Annex E, for the versions that are read back here
    1: (),
    2: (6, 18),
    3: (6, 22),
    4: (6, 26),
    5: (6, 30),
    6: (6, 34),
    7: (6, 22, 38),
    8: (6, 24, 42),
    9: (6, 26, 46),
    10: (6, 28, 50),
    14: (6, 26, 46, 66),
    15: (6, 26, 48, 70),
}
_BLOCKS = {  # table 9: error correction codewords a block, blocks
    (1, "L"): (7, 1),
    (1, "M"): (10, 1),
    (1, "Q"): (13, 1),
    (1, "H"): (17, 1),
    (2, "M"): (16, 1),
    (3, "M"): (26, 1),
    (4, "M"): (18, 2),
    (5, "Q"): (18, 4),
    (7, "M"): (18, 4),
    (8, "M"): (22, 4),
    (9, "H"): (24, 8),
    (10, "M"): (26, 5),
    (14, "M"): (24, 9),
    (15, "M"): (24, 10),
}


def _is_function(x, y, version):
    size = 17 + 4 * version
    if x == 6 or y == 6 or (x < 9 and y < 9) or (x < 9 and y > size - 9):
        return True
    if x > size - 9 and y < 9:
        return True
    if version > 6 and ((x > size - 12 and y < 6) or (y > size - 12 and x < 6)):
        return True
    centres = _CENTRES[version]
    last = size - 7
    for cx in centres:
        for cy in centres:
            finder = (cx, cy) in ((6, 6), (6, last), (last, 6))
            if not finder and abs(x - cx) < 3 and abs(y - cy) < 3:
                return True
    return False


def _format(matrix):
    """Level and mask from the format information; both copies and the code's remainder hold."""
    size = len(matrix)
    first = [matrix[i][8] for i in (0, 1, 2, 3, 4, 5, 7, 8)]
    first += [matrix[8][x] for x in (7, 5, 4, 3, 2, 1, 0)]
    second = [matrix[8][size - 1 - i] for i in range(8)]
    second += [matrix[size - 7 + i][8] for i in range(7)]
    assert first == second
    assert matrix[size - 8][8] == 1
    bits = sum(bit << i for i, bit in enumerate(first)) ^ 0x5412
    rest = bits
    for i in range(14, 9, -1):
        if rest >> i & 1:
            rest ^= 0x537 << (i - 10)
    assert rest == 0
    return "MLHQ"[bits >> 13], bits >> 10 & 7


def _codewords(matrix, version, mask):
    size = len(matrix)
    bits = []
    x = size - 1
    upwards = True
    while x > 0:
        if x == 6:
            x -= 1
        for y in range(size - 1, -1, -1) if upwards else range(size):
            for side in (x, x - 1):
                if not _is_function(side, y, version):
                    bits.append(matrix[y][side] ^ int(_inverts(mask, side, y)))
        upwards = not upwards
        x -= 2
    words = []
    for i in range(0, len(bits) - 7, 8):
        word = 0
        for bit in bits[i : i + 8]:
            word = word << 1 | bit
        words.append(word)
    assert not any(bits[len(words) * 8 :])  # remainder bits
    return words


def _times(a, b):
    product = 0
    while b:
        if b & 1:
            product ^= a
        a = a << 1 ^ (a >> 7) * 0x11D
        b >>= 1
    return product


def _data(words, version, level):
    """Data codewords in order, once every block is a codeword of its Reed-Solomon code."""
    degree, count = _BLOCKS[version, level]
    total = len(words) - degree * count
    short = total // count
    lengths = [short + (i >= count - total % count) for i in range(count)]
    blocks = [[] for _ in range(count)]
    rest = iter(words)
    for i in range(short + 1):
        for block in range(count):
            if i < lengths[block]:
                blocks[block].append(next(rest))
    data = []
    for block in blocks:
        data += block
    for _ in range(degree):
        for block in blocks:
            block.append(next(rest))
    root = 1
    for _ in range(degree):
        for block in blocks:
            value = 0
            for word in block:
                value = _times(value, root) ^ word
            assert value == 0
        root = _times(root, 2)
    return data


def _segments(data, version):
    """[(mode indicator, octets)] of the bit stream, its ECI and its length in bits."""
    at = 0
    group = (version > 9) + (version > 26)
    segments = []
    eci = None

    def take(width):
        nonlocal at
        value = 0
        for _ in range(width):
            value = value << 1 | data[at >> 3] >> (7 - (at & 7)) & 1
            at += 1
        return value

    while len(data) * 8 - at >= 4:
        mode = take(4)
        if mode == 0:
            break
        if mode == 7:
            eci = take(8)
            continue
        count = take(_COUNT_BITS[mode][group])
        out = b""
        while count:
            n = min(count, {1: 3, 2: 2, 4: 1}[mode])
            if mode == 1:
                value = str(take((0, 4, 7, 10)[n]))
                out += ("0" * (n - len(value)) + value).encode()
            elif mode == 2:
                value = take((0, 6, 11)[n])
                out += (_ALNUM[value // 45] * (n > 1) + _ALNUM[value % 45]).encode()
            else:
                out += bytes([take(8)])
            count -= n
        segments.append((mode, out))
    end = at - 4 if len(data) * 8 - at >= 0 and at >= 4 and mode == 0 else at
    # the terminator fills up to a codeword with zeros; then pad codewords alternate
    while at % 8:
        assert take(1) == 0
    pads = data[at >> 3 :]
    assert pads == [(0xEC, 0x11)[i & 1] for i in range(len(pads))]
    return segments, eci, end


def _read(code):
    matrix = _matrix(code)
    level, mask = _format(matrix)
    assert (level, mask) == (code.level, code.mask)
    words = _codewords(matrix, code.version, mask)
    return _segments(_data(words, code.version, level), code.version)


# --- the penalty, from the text of 7.8.3.1 -----------------------------------------------------


def _penalty(matrix):
    size = len(matrix)
    columns = [[matrix[y][x] for y in range(size)] for x in range(size)]
    total = 0
    for line in matrix + columns:
        run = 1
        for i in range(1, size + 1):
            if i < size and line[i] == line[i - 1]:
                run += 1
            else:
                if run >= 5:
                    total += run - 2
                run = 1
        wide = [0] * 4 + line + [0] * 4
        for i in range(4, size - 2):
            light = not any(wide[i - 4 : i]) or not any(wide[i + 7 : i + 11])
            if light and wide[i : i + 7] == [1, 0, 1, 1, 1, 0, 1]:
                total += 40
    for y in range(size - 1):
        for x in range(size - 1):
            if matrix[y][x] == matrix[y][x + 1] == matrix[y + 1][x] == matrix[y + 1][x + 1]:
                total += 3
    dark = sum(sum(row) for row in matrix)
    return total + abs(20 * dark - 10 * size * size) // (size * size) * 10


# --- the shortest stream, by every way to cut the text -----------------------------------------


def _shortest(text, group):
    """Bits of the shortest stream of a `str`, segment by segment."""
    best = [0]
    for end in range(1, len(text) + 1):
        least = None
        numeric = alnum = True
        for start in range(end - 1, -1, -1):
            letter = text[start]
            numeric = numeric and letter in "0123456789"
            alnum = alnum and letter in _ALNUM
            n = end - start
            cost = best[start] + 4 + _COUNT_BITS[4][group] + 8 * n
            if alnum:
                cost = min(cost, best[start] + 4 + _COUNT_BITS[2][group] + (11 * n + 1) // 2)
            if numeric:
                cost = min(cost, best[start] + 4 + _COUNT_BITS[1][group] + (10 * n + 2) // 3)
            if least is None or cost < least:
                least = cost
        best.append(least)
    return best[-1]


# --- tests -----------------------------------------------------------------------------------


def test_example_of_the_standard():
    # Annex I: "01234567" in a 1-M symbol
    code = qr.encode("01234567", "M", 1, 2, False)
    words = _codewords(_matrix(code), 1, 2)
    assert words == [
        0x10, 0x20, 0x0C, 0x56, 0x61, 0x80, 0xEC, 0x11, 0xEC, 0x11, 0xEC, 0x11, 0xEC, 0x11, 0xEC,
        0x11, 0xA5, 0x24, 0xD4, 0xC1, 0xED, 0x36, 0xC7, 0x87, 0x2C, 0x55,
    ]  # fmt: skip


def test_reads_back():
    encoder = qr.Encoder()
    for text, version, level in (
        ("", 1, "L"),
        ("1", 1, "H"),
        ("TILL 7", 1, "Q"),
        ("https://pay.example/1", 2, "M"),
        (_PAYLOAD[:60], 4, "M"),
        (_PAYLOAD, 8, "M"),
        (_PAYLOAD[:100], 9, "H"),
        (_PAYLOAD[:50], 5, "Q"),
    ):
        code = encoder.encode(text, level, version, None, False)
        assert (code.version, code.level, code.size) == (version, level, 17 + 4 * version)
        segments, eci, _ = _read(code)
        assert b"".join(data for _, data in segments) == text.encode()
        assert eci is None


def test_every_mask_and_the_lowest_penalty():
    random = _Random(7)
    encoder = qr.Encoder()
    for length in (1, 14, 30, 50, 90):
        text = random.text(length)
        code = encoder.encode(text, "M", None, None, False)
        version, mask = code.version, code.mask
        scores = []
        for candidate in range(8):
            code = encoder.encode(text, "M", version, candidate, False)
            assert code.mask == candidate
            if (version, "M") in _BLOCKS:
                segments, _, _ = _read(code)
                assert b"".join(data for _, data in segments) == text.encode()
            scores.append(_penalty(_matrix(code)))
        assert scores.index(min(scores)) == mask


def test_penalties():
    random = _Random(17)
    encoder = qr.Encoder()
    unbalanced = 0
    data = [(version, random.text(4 + 5 * version)) for version in (1, 1, 2, 3, 4, 6, 10)]
    data += [(1, bytes(17)), (3, b"\xff" * 53), (5, bytes(106))]  # nearly all light or dark
    for version, text in data:
        for mask in range(8):
            matrix = _matrix(encoder.encode(text, "L", version, mask, False))
            size = len(matrix)
            score = penalty(0, 0, encoder.words, size, (size + 31) // 32)
            assert score == _penalty(matrix), (version, mask)
            dark = sum(sum(row) for row in matrix)
            unbalanced += abs(20 * dark - 10 * size * size) >= size * size
    assert unbalanced > 3


def test_of_equal_masks_the_first():
    code = qr.encode(_TIE, "M", 1, None, False)
    matrices = [_matrix(qr.encode(_TIE, "M", 1, mask, False)) for mask in range(8)]
    scores = [_penalty(matrix) for matrix in matrices]
    assert scores.count(min(scores)) > 1
    assert code.mask == scores.index(min(scores))


def test_shortest_stream():
    random = _Random(3)
    encoder = qr.Encoder()
    for length in list(range(1, 24)) + [30, 38]:
        text = random.text(length)
        code = encoder.encode(text, "M", 10 if length & 1 else 8, 0, False)
        _, _, bits = _read(code)
        assert bits == _shortest(text, length & 1), text


def test_modes():
    for text, modes in (
        ("0123456789", [1]),
        ("HTTPS://PAY.EXAMPLE/", [2]),
        ("https", [4]),
        ("abcdefgh0123456789012", [4, 1]),
        ("ABCDEFGHIJ01234567890123456789", [2, 1]),
    ):
        segments, _, _ = _read(qr.encode(text, "M", 8, 0, False))
        assert [mode for mode, _ in segments] == modes, text


def test_utf8_has_an_eci_and_nothing_else_has():
    for text in ("Größe", "東京 1234567", "€", "\U0001f600", "Ünicod" + "\u00e9" * 20):
        segments, eci, _ = _read(qr.encode(text, "M", 8, 0, False))
        assert eci == 26
        assert b"".join(data for _, data in segments) == text.encode()
    raw = "Größe".encode()
    for data in (raw, bytearray(raw), memoryview(raw)):
        segments, eci, _ = _read(qr.encode(data, "M", 8, 0, False))
        assert eci is None and segments == [(4, raw)]


def test_full_symbols_have_no_terminator_to_spare():
    # 7-M takes 124 data codewords: 122 octets and a header of 12 bits leave 4 bits
    for length, version in ((122, 7), (121, 7), (123, 8)):
        text = "x" * length
        assert qr.version_for(text, "M") == version
        code = qr.encode(text, "M", None, 0, False)
        assert code.version == version
        assert _read(code)[0] == [(4, text.encode())]
    # numeric: what is left of the last codeword and of the terminator takes every length
    for length in range(1, 42):
        text = ("31415926535897932384626433832795028841971693" * 2)[:length]
        segments, _, _ = _read(qr.encode(text, "L", 1, 0, False))
        assert segments == [(1, text.encode())]


def test_boost():
    code = qr.encode("12345", "L")
    assert (code.version, code.level) == (1, "H")
    code = qr.encode("12345", "L", boost=False)
    assert (code.version, code.level) == (1, "L")
    for length in (10, 13, 14, 16, 17, 20, 40, 100):
        text = "x" * length
        code = qr.encode(text, "L")
        assert code.version == qr.version_for(text, "L") == qr.version_for(text, code.level)
        if code.level != "H":
            higher = "LMQH"["LMQH".index(code.level) + 1]
            assert qr.version_for(text, higher) > code.version


def test_capacities():
    for level, numeric, alnum, octets in (
        ("L", 7089, 4296, 2953),
        ("M", 5596, 3391, 2331),
        ("Q", 3993, 2420, 1663),
        ("H", 3057, 1852, 1273),
    ):
        for unit, most in (("7", numeric), ("A", alnum), ("a", octets)):
            assert qr.version_for(unit * most, level) == 40
            try:
                qr.version_for(unit * (most + 1), level)
                raise AssertionError("no error")
            except qr.DataTooLong as error:
                assert error.needed > error.capacity
                assert str(error.capacity // 8) in str(error)
    assert qr.version_for("a" * 152) <= 8 < qr.version_for("a" * 153)
    assert qr.version_for("a" * 180) == 9 and qr.version_for("a" * 181) == 10
    assert qr.version_for("a" * 1059) == 26 and qr.version_for("a" * 1060) == 27


def _raises(error, *arguments):
    try:
        qr.encode(*arguments)
    except error as raised:
        return raised
    raise AssertionError(arguments)


def test_errors():
    too_long = _raises(qr.DataTooLong, "x" * 20, "M", 1)
    assert too_long.capacity == 128 and too_long.needed >= 172
    assert isinstance(too_long, ValueError)
    for arguments in (
        (None,),
        (12,),
        ("x", "X"),
        ("x", ""),
        ("x", "LM"),
        ("x", None),
        ("x", "M", 0),
        ("x", "M", 41),
        ("x", "M", "1"),
        ("x", "M", None, 8),
        ("x", "M", None, -1),
    ):
        assert isinstance(_raises(qr.BadArgument, *arguments), ValueError), arguments
    encoder = qr.Encoder()
    good = _digest(encoder.encode("still works"))
    try:
        encoder.encode("x" * 3000)
        raise AssertionError("no error")
    except qr.DataTooLong as error:
        assert error.capacity == 18672
    assert _digest(encoder.encode("still works")) == good


def test_rows():
    code = qr.encode(_PAYLOAD[:30], "M", 3)
    assert code.stride == (code.size + 7) // 8
    for y in range(code.size):
        row = bytes(code.row(y))
        assert len(row) == code.stride
        bits = [row[x >> 3] >> (7 - x % 8) & 1 for x in range(8 * code.stride)]
        assert bits[: code.size] == [code.module(x, y) for x in range(code.size)]
        assert not any(bits[code.size :])
    for x, y in ((-1, 0), (0, -1), (code.size, 0), (0, code.size)):
        try:
            code.module(x, y)
            raise AssertionError("no error")
        except qr.BadArgument:
            pass
    for y in (-1, code.size):
        try:
            code.row(y)
            raise AssertionError("no error")
        except qr.BadArgument:
            pass


def test_an_encoder_leaves_nothing_behind():
    encoder = qr.Encoder()
    random = _Random(11)
    for version in (10, 3, 15, 1, 7, 2, 9):
        text = random.text(6 + version)
        fresh = qr.encode(text, "M", version)
        again = encoder.encode(text, "M", version)
        assert (fresh.version, fresh.level, fresh.mask) == (again.version, again.level, again.mask)
        assert _digest(fresh) == _digest(again)


def test_a_second_symbol_takes_no_memory():
    if sys.implementation.name != "micropython":
        return
    encoder = qr.Encoder()
    encoder.encode(_PAYLOAD, "L", 8)
    for text in (_PAYLOAD[7:] + _PAYLOAD[:7], "Größe " + _PAYLOAD[:120], _PAYLOAD.encode()):
        gc.collect()
        gc.disable()
        before = gc.mem_alloc()
        encoder.encode(text, "L", 8)
        taken = gc.mem_alloc() - before
        gc.enable()
        assert taken == 0, taken


def test_same_on_every_runtime():
    encoder = qr.Encoder()
    random = _Random(5)
    for version, expected in _DIGESTS:
        text = random.text(8 * version)
        code = encoder.encode(text, "LMQ"[version % 3], version, None, version % 2 == 0)
        assert (code.level, code.mask, _digest(code)) == expected, version


# Made with CPython.
_DIGESTS = (
    (1, ("M", 3, "7ce33309f7b1e6e4")),
    (2, ("H", 1, "c553153f17178744")),
    (3, ("L", 0, "58815c6273e73fec")),
    (4, ("H", 6, "34ade44b29c13cb4")),
    (6, ("H", 6, "e72c8cac2bcbb591")),
    (7, ("M", 3, "d9f844ff9583a7f2")),
    (8, ("H", 6, "244ac0ce5601468f")),
    (10, ("H", 3, "8177ef55b03b301e")),
    (12, ("H", 3, "30ed8f77a3ea8bb1")),
    (15, ("L", 2, "296b9ea83a022742")),
    (20, ("H", 4, "a1050f891ac8bc74")),
    (27, ("L", 4, "d4c59c0c67b69a1f")),
    (32, ("H", 2, "a895ef2cbdd75596")),
    (40, ("H", 4, "5cd39bbff688ef41")),
)
