"""A program that answers each line that it is sent, and tells in between."""

import sys

import eqprop

watch = eqprop.Telemetry(identity="echo", room=256)
print("ready")
print("no end yet", end="")
while True:
    line = sys.stdin.readline().strip()
    if not line:
        break
    watch.features(b"1234")
    print("got", line)
