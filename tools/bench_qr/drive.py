"""Encode lines of a file in turn, on MicroPython: encoder, file, encodes, then paths of modules.

Prints the last symbol's version and microseconds an encode; with -1 encodes, the bytes of heap that
the first one takes.
"""

import gc
import sys
import time


def _tillqr():
    from tillqr import qr

    encoder = qr.Encoder()

    def encode(text):
        return encoder.encode(text, "M", None, None, False).version

    return encode


def _micropython_qr():
    import micropython_qr

    def encode(text):
        code = micropython_qr.QRCode(error_correction=micropython_qr.ERROR_CORRECT_M)
        code.add_data(text)
        code.make()
        return code.version

    return encode


def _miniqr():
    import adafruit_miniqr

    def encode(text):
        code = adafruit_miniqr.QRCode(error_correct=adafruit_miniqr.M)
        code.add_data(text.encode())
        code.make()
        return (code.matrix.width - 17) // 4

    return encode


def _heap(encode, text):
    """Bytes that one encode takes from the heap, nothing of it collected on the way."""
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    encode(text)
    return gc.mem_alloc() - before


def main(name, path, encodes):
    encode = {"tillqr": _tillqr, "micropython-qr": _micropython_qr, "miniqr": _miniqr}[name]()
    with open(path) as file:
        texts = [line.rstrip("\n") for line in file]
    if encodes < 0:
        print(_heap(encode, texts[0]))
        return
    version = 0
    start = time.ticks_us()
    for i in range(encodes):
        version = encode(texts[i % len(texts)])
    spent = time.ticks_diff(time.ticks_us(), start)
    print(version, spent // max(encodes, 1))


sys.path[:0] = sys.argv[4:]
main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
