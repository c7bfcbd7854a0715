"""The compare of MACs looks at every byte, wherever the first difference is."""

from tillqr.sale.mac import SIZE, Key


class Watched:
    """Bytes that tell which of them were looked at."""

    def __init__(self, data):
        self._data = data
        self.seen = set()

    def __len__(self):
        return len(self._data)

    def __getitem__(self, index):
        self.seen.add(index)
        return self._data[index]


def test_no_difference_ends_the_compare_early():
    key = Key(b"k" * 32)
    true = key.mac(b"data")
    for place in (None, 0, 1, 15, 30, 31):
        given = bytearray(true)
        if place is not None:
            given[place] ^= 1
        watched = Watched(given)
        assert key.verifies(b"data", watched) == (place is None)
        assert watched.seen == set(range(SIZE)), place
