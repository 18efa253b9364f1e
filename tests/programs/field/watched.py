"""Feeds a watchdog in time for a second and a half, and then no more."""

from machine import WDT, lightsleep

try:
    WDT(timeout=8389)
except ValueError as error:
    print(error)
WDT(timeout=1000)
watchdog = WDT(timeout=200)  # a board has one: this sets its time
for _ in range(10):
    lightsleep(150)
    watchdog.feed()
print("fed")
lightsleep(150)
print("hungry")
lightsleep(150)
print("not reset")
