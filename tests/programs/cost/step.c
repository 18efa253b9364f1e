/* One training step in C, as fast as its author could make it for Arm's compilers: what the kernels of
 * eqprop/crossbar/kernels/thumb.S are measured against. It works on the same arrays by way of the table of
 * eqprop.crossbar.native and gives the same bits. With DSP defined it uses the instructions of ARMv7E-M.
 */
#include <stdint.h>
#ifdef DSP
#include <arm_acle.h>
#define PRODUCT(name)                                                                                                  \
    static inline __attribute__((always_inline)) int32_t name(int32_t a, int32_t b, int32_t sum) {                     \
        int32_t result;                                                                                                \
        __asm__(#name " %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));                                    \
        return result;                                                                                                 \
    }
PRODUCT(smlawb)
PRODUCT(smlawt)
#endif
#define INL static inline __attribute__((always_inline))
#define LIKELY(x) __builtin_expect(!!(x), 1)
typedef const uint32_t *Table;
enum { FREE, PLUS, MINUS };
struct Layer {
    int32_t nodes, rows, columns, product, back, wired, reach, gain, scale, rate, g_min, g_max;
    int32_t *base; uint32_t h0; uint16_t *g; uint32_t h1; uint16_t *above; uint32_t h2; uint16_t *reciprocal; uint32_t h3;
    uint8_t *shift; uint32_t h4; int16_t *low; uint32_t h5; int16_t *high; uint32_t h6; int16_t *delta; uint32_t h7;
    int16_t *mean; uint32_t h8; int32_t *total; uint32_t h9;
    struct { int16_t *v; uint32_t high; } phase[3];
};
INL int32_t limited(int32_t value, int32_t low, int32_t high) { return value < low ? low : value > high ? high : value; }
INL uint32_t pair(const void *p) { return *(const uint32_t *)p; }

static void drive(Table t, const int8_t *x) {
    int32_t features = t[0], nodes = t[1], shift = t[2];
    uint32_t *active = (uint32_t *)t[6], *a = active + 1;
    const char *g = (const char *)t[8];
    int32_t *driven = (int32_t *)t[10], bytes = 4 * (features + 1);
    for (int32_t off = 0, end = 4 * features; off != end; off += 4) {
        int32_t u = *x++;
        if (u) { if (u < -127) u = -127; a[0] = off; a[1] = u; a += 2; }
    }
    a[0] = 4 * features; a[1] = 127; a += 2;
    active[0] = (a - active - 1) / 2;
    const uint32_t *end = a;
    int32_t j = nodes;
    if (shift == 0)
    for (; j >= 4; j -= 4, g += 4 * bytes) {
        const char *g1 = g + bytes, *g2 = g1 + bytes, *g3 = g2 + bytes;
        int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        const uint32_t *l = active + 1;
        do {
#ifdef DSP
            uint32_t off = l[0], u = l[1]; l += 2;
            int32_t uu; __asm__("pkhbt %0, %1, %1, lsl #16" : "=r"(uu) : "r"(u));
            s0 = __smlsd(pair(g + off), uu, s0); s1 = __smlsd(pair(g1 + off), uu, s1);
            s2 = __smlsd(pair(g2 + off), uu, s2); s3 = __smlsd(pair(g3 + off), uu, s3);
#else
            uint32_t off = l[0]; int32_t u = l[1]; l += 2;
            uint32_t p0 = pair(g + off), p1 = pair(g1 + off), p2 = pair(g2 + off), p3 = pair(g3 + off);
            s0 += (int32_t)((uint16_t)p0 - (p0 >> 16)) * u;
            s1 += (int32_t)((uint16_t)p1 - (p1 >> 16)) * u;
            s2 += (int32_t)((uint16_t)p2 - (p2 >> 16)) * u;
            s3 += (int32_t)((uint16_t)p3 - (p3 >> 16)) * u;
#endif
        } while (l != end);
        driven[0] = s0; driven[1] = s1; driven[2] = s2; driven[3] = s3; driven += 4;
    }
    for (; j > 0; j--, g += bytes) {
        int32_t s = 0;
        for (const uint32_t *l = active + 1; l != end; l += 2) {
            uint32_t p = pair(g + l[0]);
            s += ((int32_t)((uint16_t)p - (p >> 16)) * (int32_t)l[1]) >> shift;
        }
        *driven++ = s;
    }
}

INL void finish(const struct Layer *layer, int16_t *v, int32_t j, int32_t s) {
    s = limited((s + layer->base[j]) >> layer->shift[j], -65535, 65535);
    v[j] = limited((s * layer->reciprocal[j] + 8192) >> 14, layer->low[j], layer->high[j]);
}
INL void relax_with(const struct Layer *layer, int32_t phase, int32_t columns, int32_t product) {
    const int16_t *v_below = layer[-1].phase[phase].v, *v_above = layer[1].phase[phase].v;
    int16_t *v = layer->phase[phase].v;
    int32_t nodes = layer->nodes, rows = layer->rows, back = layer->back, j = 0;
    const uint16_t *above = layer->above;
    for (; j + 4 <= nodes; j += 4) {
        int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        if (columns) {
            const uint16_t *a0 = above, *a1 = a0 + columns, *a2 = a1 + columns, *a3 = a2 + columns;
            above = a3 + columns;
            const int16_t *va = v_above;
#ifdef DSP
            if (!(columns & 1)) do {
                int32_t x = va[0] << (16 - product), z = va[1] << (16 - product), y; va += 2;
                y = *(const int32_t *)a0; a0 += 2; s0 = smlawt(z, y, smlawb(x, y, s0));
                y = *(const int32_t *)a1; a1 += 2; s1 = smlawt(z, y, smlawb(x, y, s1));
                y = *(const int32_t *)a2; a2 += 2; s2 = smlawt(z, y, smlawb(x, y, s2));
                y = *(const int32_t *)a3; a3 += 2; s3 = smlawt(z, y, smlawb(x, y, s3));
            } while (a0 != above - 3 * columns);
            else
#endif
            do {
                int32_t x = *va++;
                s0 += (*a0++ * x) >> product; s1 += (*a1++ * x) >> product;
                s2 += (*a2++ * x) >> product; s3 += (*a3++ * x) >> product;
            } while (a0 != above - 3 * columns);
            s0 >>= back; s1 >>= back; s2 >>= back; s3 >>= back;
        }
        const uint16_t *g = layer->g + j;
        const int16_t *vb = v_below, *e = vb + rows;
        for (; vb != e; g += nodes) {
            int32_t x = *vb++;
            if (x) {
#ifdef DSP
                int32_t y = *(const int32_t *)g, z = *(const int32_t *)(g + 2);
                x <<= 16 - product;
                s0 = smlawb(x, y, s0); s1 = smlawt(x, y, s1); s2 = smlawb(x, z, s2); s3 = smlawt(x, z, s3);
#else
                s0 += (g[0] * x) >> product; s1 += (g[1] * x) >> product;
                s2 += (g[2] * x) >> product; s3 += (g[3] * x) >> product;
#endif
            }
        }
        finish(layer, v, j, s0); finish(layer, v, j + 1, s1); finish(layer, v, j + 2, s2); finish(layer, v, j + 3, s3);
    }
    for (; j + 2 <= nodes; j += 2) {
        int32_t s0 = 0, s1 = 0;
        for (int32_t k = 0; k < columns; k++) { s0 += (above[k] * v_above[k]) >> product; s1 += (above[k + columns] * v_above[k]) >> product; }
        above += 2 * columns;
        s0 >>= back; s1 >>= back;
        const uint16_t *g = layer->g + j;
        for (int32_t i = 0; i < rows; i++, g += nodes) {
            int32_t x = v_below[i];
            if (x) {
#ifdef DSP
                int32_t y = *(const int32_t *)g;
                x <<= 16 - product;
                s0 = smlawb(x, y, s0); s1 = smlawt(x, y, s1);
#else
                s0 += (g[0] * x) >> product; s1 += (g[1] * x) >> product;
#endif
            }
        }
        finish(layer, v, j, s0); finish(layer, v, j + 1, s1);
    }
    for (; j < nodes; j++) {
        int32_t s0 = 0;
        for (int32_t k = 0; k < columns; k++) s0 += (*above++ * v_above[k]) >> product;
        s0 >>= back;
        const uint16_t *g = layer->g + j;
        for (int32_t i = 0; i < rows; i++, g += nodes) s0 += (*g * v_below[i]) >> product;
        finish(layer, v, j, s0);
    }
}
static void relax(const struct Layer *layer, int32_t phase, int32_t columns) {
    if (LIKELY(layer->product == 7)) relax_with(layer, phase, columns, 7);
    else relax_with(layer, phase, columns, layer->product);
}

static void settle(Table t, int32_t phase) {
    struct Layer *layers = (struct Layer *)(t + 28);
    int32_t count = t[19] & 255, sweeps = t[19] >> 8 & 255, first = 0;
    struct Layer *last = layers + count - 1;
    const int32_t *currents = (const int32_t *)t[22], *rest = (const int32_t *)t[24];
    int32_t sign = phase == FREE ? 0 : phase == PLUS ? 1 : -1;
    /* Only what is read before it is written must be set: the layers that the first half sweep does not relax */
    if (phase == FREE) {
        for (struct Layer *layer = layers + 1; layer <= last; layer += 2)
            for (int32_t j = 0; j < layer->nodes; j++) layer->phase[FREE].v[j] = 0;
        if (count > 2) for (struct Layer *layer = layers; layer <= last; layer += 2)
            for (int32_t j = 0; j < layer->nodes; j++) layer->phase[FREE].v[j] = 0;
    } else
        for (struct Layer *layer = layers; layer <= last; layer++) {
            int32_t *to = (int32_t *)layer->phase[phase].v, *from = (int32_t *)layer->phase[FREE].v;
            int32_t n = layer->wired;
            for (int32_t j = 0; j < n / 2; j++) *to++ = *from++;
            if (n & 1) *(int16_t *)to = *(int16_t *)from;
        }
    for (int32_t k = 0; k < last->nodes; k++)
        last->base[k] = rest[k] + sign * currents[k];
    if (phase) {
        int16_t *v = last->phase[phase].v;
        for (int32_t k = 0; k < last->nodes; k++) if (currents[k]) {
            int32_t s = limited((sign * currents[k]) >> last->shift[k], -65535, 65535);
            v[k] = limited(v[k] + ((s * last->reciprocal[k] + 8192) >> 14), last->low[k], last->high[k]);
        }
        first = count & 1;
        sweeps--;
    }
    for (int32_t half = 0; half < 2 * sweeps; half++, first ^= 1)
        for (int32_t c = first; c < count; c += 2)
            relax(layers + c, phase, phase || half ? layers[c].columns : 0);
}

static int32_t pull(Table t, int32_t label) {
    int32_t loss = 0, outputs = t[14], shift = t[15], beta = t[16];
    const int16_t *v = (const int16_t *)t[20];
    int32_t *currents = (int32_t *)t[22];
    for (int32_t k = 0; k < outputs; k++) {
        int32_t error = (int16_t)t[k == label ? 17 : 18] - v[k];
        if ((error < 0) == (k == label)) { currents[k] = 0; continue; }
        currents[k] = limited((beta * error) >> shift, -536870911, 536870911);
        error >>= 4;
        error *= error;
        loss = loss < 1073741823 - error ? loss + error : 1073741823;
    }
    return loss;
}

/* one pair by itself, within the limits; returns how much it changed in all */
static int32_t __attribute__((noinline)) slow(uint16_t *g, int32_t up, int32_t down, int32_t g_min, int32_t g_max) {
    int32_t a = limited(g[0] + up, g_min, g_max), b = limited(g[1] + down, g_min, g_max);
    int32_t change = a - g[0] + b - g[1];
    g[0] = a; g[1] = b;
    return change;
}

static void program_driven(Table t, const struct Layer *layer) {
    int32_t features = t[0], rate = layer->rate, offset = 1 << (rate - 1);
    int32_t g_min = layer->g_min, g_max = layer->g_max, bytes = 4 * (features + 1);
    const uint32_t *active = (const uint32_t *)t[6], *end = active + 1 + 2 * active[0];
    char *row = (char *)layer->g;
    uint32_t low2 = (uint32_t)g_min * 65537;
    int32_t nodes = layer->nodes;
    for (int32_t j = 0; j < nodes; j++, row += bytes) {
        int32_t d = layer->delta[j];
        int32_t c = offset - ((d * layer->mean[j]) >> layer->gain);
        int32_t reach = 127 * (d < 0 ? -d : d), sum = 0;
        int32_t most = (c + reach) >> rate, least = (c - reach) >> rate;
        if (most == 0 && least == 0) continue;
        int32_t k = c >> rate;
#ifdef DSP
        if (LIKELY(rate <= 16 && most == (int16_t)most && least == (int16_t)least)) {
            int32_t cc = c << (16 - rate), dd = d << (16 - rate);
            int32_t step = (k & 0xffff) | k << 16;
            const uint32_t *l = active + 1;
            char *p = row;
#define CHANGE(at, change) do { int32_t g_ = *(int32_t *)(at), n_ = __qadd16(g_, change); \
            __ssub16(n_, low2); n_ = __sel(n_, low2); *(int32_t *)(at) = n_; \
            sum = __smlad(n_, 0x00010001, sum); sum = __smlad(g_, -1, sum); } while (0)
#define BOTH int32_t up = cc + u * dd, down = cc - u * dd, change; \
            __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(change) : "r"(down), "r"(up))
            if (k == 0) do {
                uint32_t off = l[0]; int32_t u = l[1]; l += 2;
                BOTH; CHANGE(row + off, change);
            } while (l != end);
            else do {
                uint32_t off = l[0]; int32_t u = l[1]; l += 2;
                for (char *q = row + off; p != q; p += 4) CHANGE(p, step);
                BOTH; CHANGE(p, change); p += 4;
            } while (l != end);
        } else
#endif
        if (LIKELY(rate <= 16 && most * (features + 1) <= 32767 && least * (features + 1) >= -32768)) {
            int32_t cc = c << (16 - rate), dd = d << (16 - rate);
            uint32_t packed = 0, step = k + ((uint32_t)k << 16);
            char *p = row;
            const uint32_t *l = active + 1;
            if (k == 0) do {
                uint32_t off = l[0]; int32_t u = l[1]; l += 2;
                int32_t up = cc + u * dd, down = cc - u * dd;
                uint32_t change = ((uint32_t)down & 0xffff0000u) + (uint32_t)(up >> 16);
                uint32_t n = pair(row + off) + change;
                if (LIKELY(!((n | (n - low2)) & 0x80008000u))) { *(uint32_t *)(row + off) = n; packed += change; }
                else sum += slow((uint16_t *)(row + off), up >> 16, down >> 16, g_min, g_max);
            } while (l != end);
            else do {
                uint32_t off = l[0]; int32_t u = l[1]; l += 2;
                for (char *q = row + off; p != q; p += 4) {
                    uint32_t n = pair(p) + step;
                    if (LIKELY(!((n | (n - low2)) & 0x80008000u))) { *(uint32_t *)p = n; packed += step; }
                    else sum += slow((uint16_t *)p, k, k, g_min, g_max);
                }
                int32_t up = cc + u * dd, down = cc - u * dd;
                uint32_t change = ((uint32_t)down & 0xffff0000u) + (uint32_t)(up >> 16);
                uint32_t n = pair(p) + change;
                if (LIKELY(!((n | (n - low2)) & 0x80008000u))) { *(uint32_t *)p = n; packed += change; }
                else sum += slow((uint16_t *)p, up >> 16, down >> 16, g_min, g_max);
                p += 4;
            } while (l != end);
            int32_t a = (int16_t)packed;
            sum += a + ((int32_t)(packed - a) >> 16);
        } else {
            char *p = row;
            for (const uint32_t *l = active + 1; l != end; l += 2) {
                char *q = row + l[0];
                int32_t u = (int32_t)l[1] * d;
                if (k) for (; p != q; p += 4) sum += slow((uint16_t *)p, k, k, g_min, g_max);
                sum += slow((uint16_t *)q, (c + u) >> rate, (c - u) >> rate, g_min, g_max);
                p = q + 4;
            }
        }
        layer->total[j] += sum;
    }
}

static void program_between(const struct Layer *layer) {
    int32_t gain = layer->gain, rate = layer->rate, offset = 1 << (rate - 1), nodes = layer->nodes, rows = layer->rows;
    int32_t g_min = layer->g_min, g_max = layer->g_max, range = g_max - g_min;
    int16_t *delta = layer->delta, *mean = layer->mean;
    int32_t *total = layer->total;
    uint16_t *g = layer->g;
    /* the layer's own part, once; a row at zero volts in both phases changes by -d*m of it alone */
    struct { int32_t d, m; } up[nodes];
    int32_t still[nodes], moves = 0, quiet = 0, all = 0, fits = 1;
    for (int32_t k = 0; k < nodes; k++) {
        up[k].d = delta[k] >> gain; up[k].m = mean[k] >> gain;
        still[k] = (offset - up[k].d * up[k].m) >> rate;
        moves |= still[k]; all += still[k];
        if (still[k] != (int16_t)still[k]) fits = 0;
    }
    const int16_t *below_d = layer[-1].delta, *below_m = layer[-1].mean;
    int32_t *below_total = layer[-1].total;
    for (int32_t j = 0; j < rows; j++) {
        int32_t d = limited(*below_d++, -8000, 8000), m = *below_m++, sum = 0;
        if (d == 0 && m == 0) {
            if (moves) {
                if (!(nodes & 1) && fits) {
                    uint32_t *p = (uint32_t *)g;
                    uint32_t low2 = (uint32_t)g_min * 65537;
                    for (int32_t k = 0; k < nodes; k += 2, p++) {
                        uint32_t n = *p + still[k] + ((uint32_t)still[k + 1] << 16);
                        if (LIKELY(!((n | (n - low2)) & 0x80008000u))) *p = n;
                        else {
                            uint16_t *q = (uint16_t *)p;
                            int32_t a = limited(q[0] + still[k], g_min, g_max), b = limited(q[1] + still[k + 1], g_min, g_max);
                            int32_t ea = a - q[0] - still[k], eb = b - q[1] - still[k + 1];
                            q[0] = a; q[1] = b; total[k] += ea; total[k + 1] += eb; sum += ea + eb;
                        }
                    }
                    quiet++;
                    sum += all;
                } else for (int32_t k = 0; k < nodes; k++) {
                    int32_t c = limited(g[k] + still[k], g_min, g_max) - g[k];
                    g[k] += c; sum += c; total[k] += c;
                }
            }
            g += nodes;
        } else {
            int32_t *tot = total;
            uint16_t *e = g + nodes;
            for (int32_t *u = (int32_t *)up; g != e; g++, u += 2) {
                int32_t change = (offset - (d - u[0]) * (m - u[1])) >> rate, old = *g, n = old + change;
                if (!LIKELY((uint32_t)(n - g_min) <= (uint32_t)range)) { n = limited(n, g_min, g_max); change = n - old; }
                *g = n; sum += change; *tot++ += change;
            }
        }
        if (j < rows - 2) below_total[j] += sum;
    }
    if (quiet) for (int32_t k = 0; k < nodes; k++) total[k] += quiet * still[k];
}

static void program(Table t) {
    struct Layer *layers = (struct Layer *)(t + 28);
    int32_t count = t[19] & 255;
    for (int32_t c = 0; c < count; c++) {
        const struct Layer *layer = layers + c;
        const int16_t *plus = layer->phase[PLUS].v, *minus = layer->phase[MINUS].v;
        int16_t *delta = layer->delta, *mean = layer->mean;
        int32_t reach = layer->reach;
        for (int32_t j = 0; j < layer->wired; j++) {
            int32_t p = plus[j], m = minus[j];
            delta[j] = limited(p - m, -reach, reach);
            mean[j] = (p + m) >> 1;
        }
    }
    program_driven(t, layers);
    for (int32_t c = 1; c < count; c++)
        program_between(layers + c);
    for (int32_t c = 0; c < count; c++) {
        const struct Layer *layer = layers + c;
        const int32_t *totals = layer->total;
        uint16_t *reciprocal = layer->reciprocal;
        uint8_t *shift = layer->shift;
        int32_t scale = 14 - layer->scale, n = layer->nodes;
        for (int32_t j = 0; j < n; j++) {
            uint32_t total = *totals++;
#if __ARM_ARCH >= 7
            int32_t e = 17 - __builtin_clz(total);
            total = e >= 0 ? total >> e : total << -e;
#else
            int32_t e = 0;
            for (; total >= 32768; e++) total >>= 1;
            for (; total < 16384; e--) total <<= 1;
#endif
            *reciprocal++ = (268435456 + (total >> 1)) / total;
            *shift++ = e + scale;
        }
    }
}

int32_t learn(Table t, const int8_t *x, int32_t label) {
    drive(t, x);
    settle(t, FREE);
    int32_t loss = pull(t, label);
    if (loss) { settle(t, PLUS); settle(t, MINUS); program(t); }
    return loss;
}
