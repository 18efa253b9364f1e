"""A compiled loop for the one step that would take NumPy a dozen passes over memory."""

import numba

from ..emulator.machine_code import cached

with cached(__file__):

    @numba.njit(cache=True)
    def program_driven(plus, minus, product, constant, low, high, signed, total):
        """Change the driven rows' conductances and update the derived arrays, in one pass.

        plus += product - constant and minus -= product + constant, within low..high; signed = plus - minus;
        total[j] += the sum of both over the rows. Arrays (rows, columns) of one float type, constant and total
        (columns,), low and high scalars of that type.
        """
        rows, columns = product.shape
        for i in range(rows):
            p, m, s, d = plus[i], minus[i], signed[i], product[i]
            for j in range(columns):
                a = p[j] + (d[j] - constant[j])
                b = m[j] - (d[j] + constant[j])
                a = low if a < low else a
                a = high if a > high else a
                b = low if b < low else b
                b = high if b > high else b
                p[j] = a
                m[j] = b
                s[j] = a - b
                total[j] += a + b
