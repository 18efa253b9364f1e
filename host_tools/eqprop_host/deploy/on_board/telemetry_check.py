# Report whether programs here can tell a host what they do.
import eqprop.telemetry

answer(eqprop.telemetry.Telemetry is not None)
