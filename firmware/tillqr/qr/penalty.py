"""Evaluation of data masking results (ISO/IEC 18004 clause 7.8.3), 32 modules at a time.

Lines lie one behind the other in strips (matrix.py), so that the modules of 32 neighbouring
lines of the other direction are compared with one operation on two words. Events are counted in
carry-save adders: bit n of `ones`, `twos` and `fours` together count lane n's events modulo 8.
"""

import micropython


@micropython.viper
def _lines(words: ptr32, size: int, count: int) -> int:
    """Rules 1 and 3 over all rows and columns of the masked symbol.

    Rule 1: a run of n >= 5 modules of one colour costs n - 2. Those are the modules of the run that
    have two like modules before them, wherever five like ones in a row reach them: in terms of
    `differ4` (any change among the last five modules), a module counts unless `differ4` is set
    here and in the next two lines.

    Rule 3: dark, light, 3 dark, light, dark with four light modules before or after costs 40. The
    changes of colour that lead to its last module are 1, 1, 0, 0, 1, 1. Outside is light.
    """
    full = 0xFFFF
    full = full << 16 | full
    stride = size + 4
    at = 3 * count * stride + 12
    ones = twos = fours = 0
    score = 0
    strip = 2 * count
    while strip:
        strip -= 1
        line = at
        end = at + size - 1
        before = words[line]
        odd_e = even_e = full
        odd_2 = even_2 = odd_4 = even_4 = full
        odd_a = even_a = odd_k = even_k = 0
        while line < end:
            line += 2
            module = words[line - 1]
            odd_e = module ^ before
            differ = odd_e | even_e
            odd_2 |= differ
            first = full ^ odd_2 & even_4 & odd_4
            odd_4 = odd_2
            odd_2 = differ
            both = odd_e & even_e
            finder = both & odd_k & module
            odd_k = odd_a & ~differ
            odd_a = both

            before = words[line]
            even_e = before ^ module
            differ = even_e | odd_e
            even_2 |= differ
            second = full ^ even_2 & odd_4 & even_4
            even_4 = even_2
            even_2 = differ
            both = even_e & odd_e
            finder_2 = both & even_k & before
            even_k = even_a & ~differ
            even_a = both

            if finder | finder_2:
                i = line - 1
                while i <= line:
                    dark = words[i - 10] | words[i - 9] | words[i - 8] | words[i - 7]
                    dark &= words[i + 1] | words[i + 2] | words[i + 3] | words[i + 4]
                    finder &= words[i - 6] & ~dark
                    while finder:
                        finder &= finder - 1
                        score += 40
                    finder = finder_2
                    i += 1
            differ = first ^ second
            carry = first & second | differ & ones
            ones ^= differ
            both = twos & carry
            twos ^= carry
            carry = fours & both
            fours ^= both
            while carry:
                carry &= carry - 1
                score += 8
        # two more lines, in which everything differs, let the last runs count in full
        first = full ^ even_4 & odd_4
        second = full ^ even_4
        differ = first ^ second
        carry = first & second | differ & ones
        ones ^= differ
        both = twos & carry
        twos ^= carry
        carry = fours & both
        fours ^= both
        while carry:
            carry &= carry - 1
            score += 8
        at += stride
    strip = 1
    while strip < 8:
        while ones:
            ones &= ones - 1
            score += strip
        ones = twos
        twos = fours
        strip <<= 1
    return score


@micropython.viper
def _blocks(words: ptr32, size: int, count: int) -> int:
    """Rule 2: each 2 x 2 block of one colour, overlapping ones included, costs 3.

    A block ends where nothing changes between a module and the one above it, nor to the right of
    either.
    """
    full = 0xFFFF
    full = full << 16 | full
    stride = size + 4
    at = 3 * count * stride + 12
    ones = twos = fours = 0
    score = 0
    while count:
        count -= 1
        line = at
        end = at + size - 1
        before = words[line]
        across_before = before ^ (before << 1 | words[line + stride] >> 31 & 1)
        while line < end:
            line += 2
            module = words[line - 1]
            across = module ^ (module << 1 | words[line - 1 + stride] >> 31 & 1)
            first = full & ~(across | across_before | module ^ before)
            before = words[line]
            across_before = before ^ (before << 1 | words[line + stride] >> 31 & 1)
            second = full & ~(across | across_before | module ^ before)
            differ = first ^ second
            carry = first & second | differ & ones
            ones ^= differ
            both = twos & carry
            twos ^= carry
            carry = fours & both
            fours ^= both
            while carry:
                carry &= carry - 1
                score += 24
        at += stride
    count = 3
    while count < 24:
        while ones:
            ones &= ones - 1
            score += count
        ones = twos
        twos = fours
        count <<= 1
    return score


@micropython.viper
def _dark_modules(words: ptr32, size: int, count: int) -> int:
    """Number of dark modules of the masked symbol."""
    mask1 = 0x5555
    mask1 = mask1 << 16 | mask1
    stride = size + 4
    at = 3 * count * stride + 12
    dark = 0 - (size >> 1) * (32 - (size & 31))  # odd lines are set beyond the symbol
    while count:
        count -= 1
        line = at
        end = at + size
        while line < end:
            word = words[line]
            word = (word & mask1) + (word >> 1 & mask1)
            word = (word & 0x33333333) + (word >> 2 & 0x33333333)
            word = word + (word >> 4) & 0x0F0F0F0F
            dark += (word * 0x01010101) >> 24 & 0xFF
            line += 1
        at += stride
    return dark


def penalty(words: object, size: int, limit: int) -> int:
    """Penalty of the masked symbol in `words`, or any number from `limit` up if it is no less."""
    count = (size + 31) >> 5
    score = _lines(words, size, count)
    if score < limit:
        score += _blocks(words, size, count)
        if score < limit:
            modules = size * size
            balance = 20 * _dark_modules(words, size, count) - 10 * modules
            score += 10 * (abs(balance) // modules)
    return score
