#!/bin/sh
# Says plainly what a machine lacks for the tests, before the first of them runs.
for program in mosquitto mosquitto_passwd chromium; do
    PATH="$PATH:/usr/sbin" command -v "$program" >/dev/null && continue
    echo "the tests need $program: install it (Debian: apt install ${program%_passwd})" >&2
    missing=1
done
exit "${missing:-0}"
