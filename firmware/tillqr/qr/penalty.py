"""Evaluation of data masking results (ISO/IEC 18004 clause 7.8.3), 32 modules at a time.

Lines lie one behind the other in strips (matrix.py), so one operation on two words compares the
modules of 32 neighbouring lines of the other direction. Viper keeps a function's first two locals
in registers: hence the arguments `words` and `word`, the word at hand, whose value is ignored. Such
a local must not be inverted with ~, which viper would do in place.
"""

import micropython


@micropython.viper
def _lines(words: ptr32, word: int, line: int, size: int, count: int) -> int:
    """Rules 1 and 3 over `count` strips from word `line` on: all rows and columns.

    Rule 1: a run of n >= 5 modules of one colour costs n - 2. That many lines from its fifth module
    on, two beyond its end included, have five like modules at most two lines back; `still` is
    clear where they have. It is computed from `change`: from the line before; `change_2`: within
    the last two steps; `change_4`: within the last four.

    Rule 3: dark, light, 3 dark, light, dark with four light modules before or after costs 40. The
    steps that lead to its last module are change, change, none, none, change, change, of which
    `pair` notes two changes and `middle` two changes and then two without, each up to two lines
    back. Beyond the symbol all is light.
    """
    full = 0xFFFF
    full = full << 16 | full
    score = 0
    while count:
        count -= 1
        before = words[line]
        change = change_2 = change_2_before = change_4 = still = full
        pair = pair_before = middle = middle_before = 0
        last = line + size
        while line <= last:
            line += 1
            word = words[line]
            before = word ^ before
            step = before if line < last else full  # two steps beyond let the last run count in full
            before = word

            word = step & change
            finder = word & middle_before & before
            middle_before = middle
            middle = pair_before
            pair_before = pair
            pair = word

            word = step | change
            change = step
            middle = word & middle ^ middle
            step = word | change_2_before
            change_2_before = change_2
            change_2 = word

            word = step & still ^ full
            still = step & change_4
            change_4 = step
            while word:
                word = word & (word - 1)
                score += 1
            if finder:
                word = words[line - 10] | words[line - 9] | words[line - 8] | words[line - 7]
                word = (words[line + 1] | words[line + 2] | words[line + 3] | words[line + 4]) & word
                word = (word & finder ^ finder) & words[line - 6]
                while word:
                    word = word & (word - 1)
                    score += 40
        line += 3
    return score


@micropython.viper
def _blocks(words: ptr32, word: int, line: int, size: int, count: int) -> int:
    """Rule 2 over `count` strips of rows from word `line` on: each 2 x 2 block costs 3.

    A block is where nothing changes from a module to the one below, nor to the right of either.
    """
    full = 0xFFFF
    full = full << 16 | full
    score = 0
    while count:
        count -= 1
        end = line + size
        before = 0
        across = full
        while line < end:
            word = words[line]
            before = word ^ before | across
            across = (words[line + size + 4] >> 31 & 1 | word << 1) ^ word
            before = (across | before) & full ^ full
            line += 1
            change = word
            word = before
            before = change
            while word:
                word = word & (word - 1)
                score += 3
        line += 4
    return score


@micropython.viper
def _dark(words: ptr32, word: int, line: int, size: int, count: int) -> int:
    """Number of set bits in `count` strips from word `line` on."""
    half = 0x5555
    half = half << 16 | half
    dark = 0
    while count:
        count -= 1
        end = line + size
        while line < end:
            word = words[line]
            word = (word >> 1 & half) + (word & half)
            word = (word >> 2 & 0x33333333) + (word & 0x33333333)
            word = word + (word >> 4) & 0x0F0F0F0F
            dark = (word * 0x01010101 >> 24 & 0xFF) + dark
            line += 1
        line += 4
    return dark


def penalty(words: object, size: int, limit: int) -> int:
    """Penalty of the masked symbol in `words`, or any number from `limit` up if it is no less."""
    count = (size + 31) >> 5
    rows = 3 * count * (size + 4) + 12
    score = _lines(words, 0, rows, size, 2 * count)
    if score < limit:
        score += _blocks(words, 0, rows, size, count)
        if score < limit:
            dark = _dark(words, 0, rows, size, count)
            dark -= (32 - size & 31) * (size >> 1)  # odd lines are set beyond the symbol
            modules = size * size
            score += 10 * (abs(20 * dark - 10 * modules) // modules)
    return score
