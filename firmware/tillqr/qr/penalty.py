"""Evaluation of data masking results (ISO/IEC 18004 clause 7.8.3), 32 modules at a time.

Lines lie one behind the other in strips (matrix.py), so one operation on two words compares the
modules of 32 neighbouring lines of the other direction.

Viper keeps a function's first two locals in registers. Kernels of this package therefore begin with
their busiest scalars as arguments, for which callers pass 0. Such a local must not be inverted with
~, which viper would do in place.
"""

import micropython


@micropython.viper
def penalty(word: int, line: int, words: ptr32, size: int, count: int) -> int:
    """Penalty of the masked symbol in `words`, `count` strips of rows and as many of columns.

    Rule 1: a run of n >= 5 modules of one colour costs n - 2. That many lines from its fifth module
    on, two beyond its end included, have five like modules at most two lines back; `still` is
    clear where they have. It is computed from `change`: from the line before; `change_2`: within
    the last two steps; `change_4`: within the last four.

    Rule 2: each 2 x 2 block costs 3. It is where nothing changes from a module to the one below nor
    to the right of either (`across`). It is enough to look at rows.

    Rule 3: dark, light, 3 dark, light, dark with four light modules before or after costs 40. The
    steps that lead to its last module are change, change, none, none, change, change, of which
    `pair` notes two changes and `middle` two changes and then two without, each up to two lines
    back. Beyond the symbol all is light.

    Rule 4: each whole 5 % that the share of dark modules is off 50 % costs 10.
    """
    full = 0xFFFF
    full = full << 16 | full
    half = 0x5555
    half = half << 16 | half
    line = 3 * count * (size + 4) + 12
    dark = 0 - (32 - (size & 31)) * (size >> 1)  # odd rows are set beyond the symbol
    score = 0
    rows = count
    count = count << 1
    while count:
        count -= 1
        before = words[line] ^ full
        change = change_2 = change_2_before = change_4 = still = across = full
        pair = pair_before = middle = middle_before = 0
        last = line + size
        end = last + 2
        while line < end:
            word = words[line]
            step = full if line >= last else word ^ before  # two steps more let runs count in full
            before = word
            if count >= rows:
                word = across | step
                across = (words[line + size + 4] >> 31 & 1 | before << 1) ^ before
                word = (word | across) & full ^ full
                while word:
                    word = word & (word - 1)
                    score += 3
                word = (before >> 1 & half) + (before & half)
                word = (word >> 2 & 0x33333333) + (word & 0x33333333)
                word = word + (word >> 4) & 0x0F0F0F0F
                dark = (word * 0x01010101 >> 24 & 0xFF) + dark

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
                word = words[line + 1] | words[line + 2] | words[line + 3] | words[line + 4]
                word &= words[line - 10] | words[line - 9] | words[line - 8] | words[line - 7]
                word = (word & finder ^ finder) & words[line - 6]
                while word:
                    word = word & (word - 1)
                    score += 40
            line += 1
        line += 2
    size = size * size
    dark = (dark << 1) - size
    if dark < 0:
        dark = 0 - dark
    dark *= 10
    while dark >= size:
        dark -= size
        score += 10
    return score
