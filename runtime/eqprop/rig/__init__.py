"""A rig: a resistive network of digital potentiometers, which this board drives over SPI and I2C and learns on.

    layout       which chip and pin each device, source and node is on: the one description of a rig
    bus          SPI with chip selects by 74HC138 or 74HC154
    mcp4251, ad5254                 potentiometers, the devices
    mcp3208, ads1115, ads8688       converters, which read the nodes
    mcp4728                         the sources: rows, bias pairs, nudges
    parts        the drivers of a layout's chips, by device, source and node
    planning     a rig's scales and limits: `RigPlan`
    crossbar     `RigCrossbar`, the crossbar contract on these parts
    calibration  offsets, resistances and clamps, measured on the board; what is wrong with which chip

A program imports the modules that it needs; `eqprop` and its service import none of them.
Voltages are relative to Vmid, half of the 5 V supply.
"""
