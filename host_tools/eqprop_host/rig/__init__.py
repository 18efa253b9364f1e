"""The drawings of a rig: everything that one needs to buy, wire, check and expect, from one description.

catalogue    parts: pins, packages, orders, prices, currents
description  the components of a rig and their nets
lists        BOM.csv and wiring.csv
kicad        a netlist and a board for KiCad
netlist      the circuit for SPICE
breadboard   a picture
figures      cost, speed, energy, each with its sum
"""
