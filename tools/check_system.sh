#!/bin/sh
# Says plainly what a machine lacks before anything is installed. Usage: check_system.sh PYTHON
python="$1"
if [ -z "$python" ]; then
    echo "tillqr needs Python 3.11 or newer: install it (Debian: apt install python3 python3-venv)" >&2
    exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "tillqr needs Python 3.11 or newer; $python is $("$python" -V). Name another: make PYTHON=..." >&2
    exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    echo "Python's venv module is missing: install it (Debian: apt install python3-venv)" >&2
    exit 1
fi
