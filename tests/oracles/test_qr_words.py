"""The viper kernels of the QR encoder in words of 32 and of 64 bits.

No MicroPython with 32-bit viper runs here, so the kernels' source is lowered to words that behave
as viper's do: results wrap to the machine's word, loads are zero-extended into 64 bits and fill 32,
shifts of 32 or more, which machines disagree about, are errors, and so is every index outside the
memory. Symbols must come out the same.
"""

import ast
import importlib
import inspect
import itertools
import sys
import textwrap

import micropython
import pytest

_SMALL_INT = 1 << 30  # what viper takes as a constant on a 32-bit machine


class _Word(int):
    """An integer of `width` bits in two's complement."""

    width = 32

    def __new__(cls, value):
        value = int(value) & (1 << cls.width) - 1
        return super().__new__(cls, value - (value >> cls.width - 1 << cls.width))


def _operation(name):
    plain = getattr(int, name)

    def wrapped(self, other=None):
        if name in ("__lshift__", "__rshift__") and not 0 <= other < 32:
            raise AssertionError(f"shift by {other}")
        return type(self)(plain(self) if other is None else plain(self, int(other)))

    return wrapped


for _name in ("add", "sub", "mul", "and", "or", "xor", "lshift", "rshift", "neg"):
    setattr(_Word, f"__{_name}__", _operation(f"__{_name}__"))


class _Pointer:
    def __init__(self, buffer, code, word):
        if isinstance(buffer, _Pointer):
            buffer = buffer.buffer
        self.buffer = buffer
        self.memory = memoryview(buffer).cast("B").cast(code)
        self.mask = 0xFF if code == "B" else 0xFFFFFFFF
        self.word = word

    def __getitem__(self, index):
        assert 0 <= index < len(self.memory), "outside the memory"
        return self.word(self.memory[index])

    def __setitem__(self, index, value):
        assert 0 <= index < len(self.memory), "outside the memory"
        self.memory[index] = int(value) & self.mask


class _Lower(ast.NodeTransformer):
    def visit_FunctionDef(self, node):
        first = {argument.arg for argument in node.args.args[:2]}
        for inner in ast.walk(node):
            if isinstance(inner, ast.UnaryOp) and isinstance(inner.operand, ast.Name):
                assert inner.operand.id not in first or isinstance(inner.op, ast.Not)
            if isinstance(inner, ast.Compare):
                assert len(inner.ops) == 1, "viper has no chained comparisons"
        self.generic_visit(node)
        node.decorator_list = []
        prologue = [
            ast.parse(f"{a.arg} = _cast_{a.annotation.id}({a.arg})").body[0]
            for a in node.args.args
            if a.annotation.id != "object"
        ]
        node.body[1:1] = prologue
        for argument in node.args.args:
            argument.annotation = None
        return node

    def visit_Constant(self, node):
        if type(node.value) is not int:
            return node
        assert -_SMALL_INT <= node.value < _SMALL_INT, "not a viper constant"
        return ast.Call(ast.Name("_cast_int", ast.Load()), [node], [])

    def visit_Call(self, node):
        self.generic_visit(node)
        node.func.id = f"_cast_{node.func.id}"
        return node


def _viper(width):
    word = type("Word", (_Word,), {"width": width})

    def decorate(function):
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
        namespace = function.__globals__
        namespace["_cast_int"] = word
        namespace["_cast_ptr8"] = lambda buffer: _Pointer(buffer, "B", word)
        namespace["_cast_ptr32"] = lambda buffer: _Pointer(buffer, "I", word)
        lowered = ast.fix_missing_locations(_Lower().visit(tree))
        exec(compile(lowered, function.__code__.co_filename, "exec"), namespace)
        made = namespace[function.__name__]

        def call(*arguments):
            result = made(*arguments)
            return None if result is None else int(result)

        return call

    return decorate


@pytest.fixture(params=(32, 64))
def lowered(request, monkeypatch):
    """The package with its kernels in words of 32 or 64 bits."""
    saved = {name: sys.modules.pop(name) for name in list(sys.modules) if "tillqr.qr" in name}
    monkeypatch.setattr(micropython, "viper", _viper(request.param))
    yield importlib.import_module("tillqr.qr")
    for name in [name for name in sys.modules if "tillqr.qr" in name]:
        del sys.modules[name]
    sys.modules.update(saved)


def _rows(code):
    return [bytes(code.row(y)) for y in range(code.size)]


def test_same_symbols(lowered):
    qr = importlib.import_module("tillqr.qr")
    assert qr is lowered
    lowered_encoder = lowered.Encoder()
    texts = ("HTTPS://PAY.EXAMPLE/7", "order=8f2c;0123456789", "Größe 12345678", "7" * 41)
    made = []
    for version, text in zip((1, 2, 3, 4, 7, 10, 14), itertools.cycle(texts), strict=False):
        if lowered.version_for(text) <= version:
            mask = None if version < 5 else version % 8
            code = lowered_encoder.encode(text, "M", version, mask)
            made.append((text, version, mask, code.mask, code.level, _rows(code)))
    assert len(made) > 4
    for name in [name for name in sys.modules if "tillqr.qr" in name]:
        del sys.modules[name]
    micropython.viper = lambda function: function
    plain = importlib.import_module("tillqr.qr")
    for text, version, mask, chosen, level, rows in made:
        code = plain.encode(text, "M", version, mask)
        assert (code.mask, code.level, _rows(code)) == (chosen, level, rows)
