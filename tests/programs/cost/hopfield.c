/* One training step of a hopfield network in C, as fast as its author could make it for Arm's compilers: what the
 * kernels of eqprop/hopfield/kernels/thumb.S are measured against. It works on the same arrays by way of the table of
 * eqprop.hopfield.native and gives the same bits. With DSP defined it uses the instructions of ARMv7E-M, two weights at
 * a time, for layers of an even number of nodes.
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
enum { RAIL = 16383, ONE = 4096, USUAL = 6 };
struct Entry { int32_t at, v; }; /* byte offset of a value's weights, and the value, with DSP shifted left */
struct Layer {
    int32_t nodes, rows, rate, above;
    int16_t *w; uint32_t h0; int32_t *current; uint32_t h1;
    int16_t *free; uint32_t h2; int16_t *plus; uint32_t h3; int16_t *minus; uint32_t h4;
};
struct Table {
    int32_t counts, features, driven_shift, back_shift, product_shift, feedback_shift, round_shift, rail, right, wrong;
    int32_t power_bits, unused;
    struct Entry *active; uint32_t h0; uint32_t *states; uint32_t h1; int32_t *pull; uint32_t h2; int32_t *base; uint32_t h3;
    int32_t *errors; uint32_t h4; int32_t *sums; uint32_t h5; int32_t *loss; uint32_t h6;
    struct Layer layers[];
};
INL int32_t limited(int32_t value, int32_t low, int32_t high) { return value < low ? low : value > high ? high : value; }
INL const int16_t *at(const int16_t *w, int32_t bytes) { return (const int16_t *)((const char *)w + bytes); }

/* out[j] = (start + sum of (w * v >> shift)) >> back, of weights that lie side by side */
INL void rise_with(const struct Entry *list, const struct Entry *end, const int16_t *w, int32_t nodes, int32_t shift,
                   int32_t start, int32_t back, int32_t *out) {
#ifdef DSP
    if (!(nodes & 1)) {
        for (; nodes >= 8; nodes -= 8, w += 8, out += 8) {
            int32_t a = start, b = start, c = start, d = start, e = start, f = start, g = start, h = start;
            const struct Entry *l = list;
            do {
                const int32_t *p = (const int32_t *)at(w, l->at);
                int32_t v = l->v, y = p[0];
                a = smlawb(v, y, a); b = smlawt(v, y, b); y = p[1];
                c = smlawb(v, y, c); d = smlawt(v, y, d); y = p[2];
                e = smlawb(v, y, e); f = smlawt(v, y, f); y = p[3];
                g = smlawb(v, y, g); h = smlawt(v, y, h);
            } while (++l != end);
            out[0] = a >> back; out[1] = b >> back; out[2] = c >> back; out[3] = d >> back;
            out[4] = e >> back; out[5] = f >> back; out[6] = g >> back; out[7] = h >> back;
        }
        for (; nodes; nodes -= 2, w += 2, out += 2) {
            int32_t a = start, b = start;
            const struct Entry *l = list;
            do {
                int32_t y = *(const int32_t *)at(w, l->at);
                a = smlawb(l->v, y, a); b = smlawt(l->v, y, b);
            } while (++l != end);
            out[0] = a >> back; out[1] = b >> back;
        }
        return;
    }
#define TERM(p, v, s) s = smlawb(v, p, s), (void)shift
#else
#define TERM(p, v, s) s += ((p) * (v)) >> shift
#endif
#if __ARM_ARCH >= 7
    for (; nodes >= 8; nodes -= 8, w += 8, out += 8) {
        int32_t a = start, b = start, c = start, d = start, e = start, f = start, g = start, h = start;
        const struct Entry *l = list;
        do {
            const int16_t *p = at(w, l->at);
            int32_t v = l->v;
            TERM(p[0], v, a); TERM(p[1], v, b); TERM(p[2], v, c); TERM(p[3], v, d);
            TERM(p[4], v, e); TERM(p[5], v, f); TERM(p[6], v, g); TERM(p[7], v, h);
        } while (++l != end);
        out[0] = a >> back; out[1] = b >> back; out[2] = c >> back; out[3] = d >> back;
        out[4] = e >> back; out[5] = f >> back; out[6] = g >> back; out[7] = h >> back;
    }
#endif
    for (; nodes >= 4; nodes -= 4, w += 4, out += 4) {
        int32_t a = start, b = start, c = start, d = start;
        const struct Entry *l = list;
        do {
            const int16_t *p = at(w, l->at);
            int32_t v = l->v;
            TERM(p[0], v, a); TERM(p[1], v, b); TERM(p[2], v, c); TERM(p[3], v, d);
        } while (++l != end);
        out[0] = a >> back; out[1] = b >> back; out[2] = c >> back; out[3] = d >> back;
    }
    for (; nodes; nodes--, w++, out++) {
        int32_t a = start;
        for (const struct Entry *l = list; l != end; l++) TERM(*at(w, l->at), l->v, a);
        *out = a >> back;
    }
}
static void rise(const struct Entry *list, const struct Entry *end, const int16_t *w, int32_t nodes, int32_t shift,
                 int32_t start, int32_t back, int32_t *out) {
#ifdef DSP
    rise_with(list, end, w, nodes, shift, start, back, out);
#else
    if (shift == 0) rise_with(list, end, w, nodes, 0, start, back, out);
    else if (shift == USUAL) rise_with(list, end, w, nodes, USUAL, start, back, out);
    else rise_with(list, end, w, nodes, shift, start, back, out);
#endif
}

/* out[j] = words[j] + (sum of (w * v >> shift) >> back), of a row for each node; words may be NULL */
INL void sink_with(const struct Entry *list, const struct Entry *end, const int16_t *w, int32_t columns, int32_t nodes,
                   int32_t shift, const int32_t *words, int32_t back, int32_t *out) {
    int32_t j = 0;
    for (; j + 4 <= nodes; j += 4, w += 4 * columns) {
        const int16_t *w1 = w + columns, *w2 = w1 + columns, *w3 = w2 + columns;
        int32_t a = 0, b = 0, c = 0, d = 0;
        const struct Entry *l = list;
        do {
            int32_t o = l->at, v = l->v;
            TERM(*at(w, o), v, a); TERM(*at(w1, o), v, b); TERM(*at(w2, o), v, c); TERM(*at(w3, o), v, d);
        } while (++l != end);
        a >>= back; b >>= back; c >>= back; d >>= back;
        if (words) { a += *words++; b += *words++; c += *words++; d += *words++; }
        out[j] = a; out[j + 1] = b; out[j + 2] = c; out[j + 3] = d;
    }
    for (; j < nodes; j++, w += columns) {
        int32_t a = 0;
        for (const struct Entry *l = list; l != end; l++) TERM(*at(w, l->at), l->v, a);
        out[j] = (a >> back) + (words ? *words++ : 0);
    }
}
static void sink(const struct Entry *list, const struct Entry *end, const struct Table *t, const struct Layer *layer,
                 const int32_t *words, int32_t *out) {
    const int16_t *w = layer[1].w;
#ifndef DSP
    if (LIKELY(t->product_shift == USUAL)) {
        sink_with(list, end, w, layer->above, layer->nodes, USUAL, words, t->feedback_shift, out);
        return;
    }
#endif
    sink_with(list, end, w, layer->above, layer->nodes, t->product_shift, words, t->feedback_shift, out);
}

INL int32_t widened(const struct Table *t, int32_t v) {
#ifdef DSP
    return v << (16 - t->product_shift);
#else
    (void)t;
    return v;
#endif
}

/* The states of a layer from its sums, and the list for the crossbar above; returns its end */
static struct Entry *finish(const struct Table *t, const struct Layer *layer, const int32_t *sums, int16_t *v,
                            struct Entry *list) {
    int32_t round = t->round_shift, place = 0, step = 2 * layer->above;
    if (!step) {
        for (int32_t n = layer->nodes; n; n--) *v++ = limited(*sums++ >> round, -RAIL, RAIL);
        return list;
    }
    for (int16_t *end = v + layer->nodes; v != end; place += step) {
        int32_t s = *sums++ >> round;
#if __ARM_ARCH >= 7
        __asm__("usat %0, #14, %1" : "=r"(s) : "r"(s));
#else
        s = s < 0 ? 0 : s > RAIL ? RAIL : s;
#endif
        *v++ = s;
        if (s) { list->at = place; list->v = widened(t, s); list++; }
    }
    list->at = place; list->v = widened(t, ONE);
    return list + 1;
}

/* Let a weight change; returns by how much it does */
INL int32_t changed(int16_t *w, int32_t change) {
    int32_t old = *w, new = old + change;
#if __ARM_ARCH >= 7
    __asm__("ssat %0, #16, %1" : "=r"(new) : "r"(new));
    *w = new;
    return new - old;
#else
    if (!LIKELY(new == (int16_t)new)) { new = limited(new, -32768, 32767); change = new - old; }
    *w = new;
    return change;
#endif
}

INL struct Entry *listed(struct Entry *list, struct Entry *l) {
    if (l == list) { l->at = 0; l->v = 0; l++; }
    return l;
}
static struct Entry *states(const struct Table *t, const int16_t *v, int32_t n, struct Entry *list) {
    struct Entry *l = list;
    for (int32_t k = 0; k < 2 * n; k += 2) {
        int32_t s = *v++;
        if (s) { l->at = k; l->v = widened(t, s); l++; }
    }
    return listed(list, l);
}

static struct Entry *settle(struct Table *t, const int8_t *x, struct Entry *list) {
    struct Layer *layers = t->layers;
    struct Entry *a = (struct Entry *)((uint32_t *)t->active + 1), *first = a, *end = list;
    int32_t step = 2 * layers->nodes, place = 0, half = (1 << t->round_shift) >> 1, count = t->counts & 255;
#ifdef DSP
    int32_t up = 16 - t->driven_shift;
#else
    int32_t up = 0;
#endif
    for (const int8_t *stop = x + t->features; x != stop; place += step) {
        int32_t u = *x++;
        if (u) { if (u < -127) u = -127; a->at = place; a->v = u << up; a++; }
    }
    a->at = place; a->v = 127 << up; a++;
    rise(first, a, layers->w, layers->nodes, t->driven_shift, half << t->back_shift, t->back_shift, t->base);
    for (int32_t sweep = 0, sweeps = t->counts >> 8; sweep < sweeps; sweep++)
        for (int32_t c = 0; c < count; c++) {
            struct Layer *layer = layers + c;
            int32_t *sums = layer->current;
            if (c) rise(list, end, layer->w, layer->nodes, t->product_shift, half, 0, sums);
            else if (!sweep) sums = t->base;
            if (sweep && layer->above) {
                end = states(t, layer[1].free, layer[1].nodes, list);
                sink(list, end, t, layer, c ? sums : t->base, sums);
            }
            end = finish(t, layer, sums, layer->free, list);
        }
    return a;
}

static int32_t set_errors(struct Table *t, const struct Layer *last, int32_t label) {
    int32_t loss = 0;
    for (int32_t k = 0; k < last->nodes; k++) {
        int32_t error = (k == label ? t->right : t->wrong) - last->free[k];
        if ((error < 0) == (k == label)) error = 0;
        else if (error > RAIL) error = RAIL;
        t->errors[k] = error;
        error >>= 4;
        error *= error;
        loss = loss < 1073741823 - error ? loss + error : 1073741823;
    }
    return *t->loss = loss;
}

static void displace(struct Table *t, struct Layer *last, struct Entry *list) {
    struct Entry *l = list;
    for (int32_t k = 0; k < last->nodes; k++) {
        int32_t error = t->errors[k], v = last->free[k];
        last->plus[k] = v + error; last->minus[k] = v - error;
        if (error) { l->at = 2 * k; l->v = widened(t, error); l++; }
    }
    if (last == t->layers) return;
    struct Layer *layer = last - 1;
    sink(list, listed(list, l), t, layer, 0, t->pull);
    int32_t round = t->round_shift;
    for (int32_t j = 0; j < layer->nodes; j++) {
        int32_t s = layer->current[j], p = t->pull[j];
        int32_t a = (s + p) >> round, b = (s - p) >> round;
#if __ARM_ARCH >= 7
        __asm__("usat %0, #14, %1" : "=r"(a) : "r"(a));
        __asm__("usat %0, #14, %1" : "=r"(b) : "r"(b));
#else
        a = limited(a, 0, RAIL); b = limited(b, 0, RAIL);
#endif
        layer->plus[j] = a; layer->minus[j] = b;
    }
    for (; layer != t->layers; layer--)
        for (int32_t sign = 0; sign < 2; sign++) {
            const int16_t *v = sign ? layer->minus : layer->plus;
            struct Entry *e = list;
            for (int32_t j = 0; j < layer->nodes; j++) {
                int32_t d = v[j] - layer->free[j];
                if (d) { e->at = 2 * j; e->v = widened(t, d); e++; }
            }
            struct Layer *below = layer - 1;
            sink(list, listed(list, e), t, below, below->current, t->pull);
            finish(t, below, t->pull, sign ? below->minus : below->plus, list);
        }
}

static void program_driven(struct Table *t, const struct Entry *end, struct Entry *list) {
    struct Layer *layer = t->layers;
    const struct Entry *first = (struct Entry *)((uint32_t *)t->active + 1);
    int32_t rate = layer->rate, nodes = layer->nodes, sum = 0;
    uint32_t power = 0;
    for (const struct Entry *e = first; e != end; e++) {
#ifdef DSP
        int32_t x = e->v >> (16 - t->driven_shift);
#else
        int32_t x = e->v;
#endif
        power += x * x;
    }
    for (power >>= t->power_bits; power; power >>= 1) rate++;
    if (rate > 24) rate = 24;
    int32_t half = 1 << (rate - 1), least = (half - 1) / 127;
    const int16_t *plus = layer->plus, *minus = layer->minus;
#ifdef DSP
    int32_t up = 16 + t->driven_shift - rate;
    if (LIKELY(!(nodes & 1) && up >= 0 && rate >= 7)) {
        uint32_t sums = 0;
        for (int32_t j = 0; j < nodes; j += 2) {
            int32_t d = plus[j] - minus[j], e = plus[j + 1] - minus[j + 1];
            if (d <= least && d >= -least && e <= least && e >= -least) continue;
            d <<= up; e <<= up;
            const struct Entry *i = first;
            do {
                int32_t *w = (int32_t *)at(layer->w + j, i->at), x = i->v, c, f, old = *w;
                __asm__("smmulr %0, %1, %2" : "=r"(c) : "r"(d), "r"(x));
                __asm__("smmulr %0, %1, %2" : "=r"(f) : "r"(e), "r"(x));
                __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(c) : "r"(c), "r"(f));
                c = __qadd16(old, c);
                *w = c;
                sums = __uadd16(__usub16(sums, old), c);
            } while (++i != end);
        }
        t->sums[0] = (t->sums[0] + sums + (sums >> 16)) & 0xffff;
        return;
    }
#endif
    struct Entry *stop = list;
    for (int32_t j = 0; j < nodes; j++) {
        int32_t d = plus[j] - minus[j];
        if (d > least || d < -least) { stop->at = 2 * j; stop->v = d; stop++; }
    }
    if (stop == list) return;
    const int16_t *weights = layer->w;
    for (const struct Entry *i = first; i != end; i++) {
        const int16_t *row = at(weights, i->at);
        __asm__("" : "+r"(row)); /* not added for each weight */
#ifdef DSP
        int32_t x = i->v >> (16 - t->driven_shift);
#else
        int32_t x = i->v;
#endif
        const struct Entry *l = list;
        do {
            int32_t change = (half + l->v * x) >> rate;
            if (LIKELY(change)) sum += changed((int16_t *)at(row, l->at), change);
        } while (++l != stop);
    }
    t->sums[0] = (t->sums[0] + sum) & 0xffff;
}

static void program_between(struct Table *t, int32_t c) {
    struct Layer *layer = t->layers + c;
    int32_t rate = layer->rate, half = 1 << (rate - 1), nodes = layer->nodes, sum = 0;
    const int16_t *plus = layer->plus, *minus = layer->minus, *p = layer[-1].plus, *m = layer[-1].minus;
    int16_t *w = layer->w;
#ifdef DSP
    if (LIKELY(!(nodes & 1) && rate >= 15)) {
        int32_t both[nodes];
        uint32_t sums = 0;
        for (int32_t k = 0; k < nodes; k++) {
            int32_t d = plus[k] - minus[k], mean = (plus[k] + minus[k]) >> 1;
            both[k] = (d & 0xffff) | mean << 16;
        }
        for (int32_t j = 0; j < layer->rows; j++) {
            int32_t a = *p++, b = *m++;
            if (!(a | b)) { w += nodes; continue; }
            int32_t below = (((a + b) >> 1) & 0xffff) | (a - b) << 16;
            const int32_t *l = both, *stop = both + nodes;
            int32_t *q = (int32_t *)w;
            do {
                int32_t f = __smlad(l[0], below, half) >> rate, g = __smlad(l[1], below, half) >> rate, old = *q;
                __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(f) : "r"(f), "r"(g));
                f = __qadd16(old, f);
                *q++ = f;
                sums = __uadd16(__usub16(sums, old), f);
            } while ((l += 2) != stop);
            w += nodes;
        }
        t->sums[c] = (t->sums[c] + sums + (sums >> 16)) & 0xffff;
        return;
    }
#endif
    struct { int32_t d, m; } above[nodes], *stop = above + nodes;
    for (int32_t k = 0; k < nodes; k++) {
        above[k].d = plus[k] - minus[k];
        above[k].m = (plus[k] + minus[k]) >> 1;
    }
    for (int32_t j = 0; j < layer->rows; j++) {
        int32_t d = *p++, mean = *m++;
        if (!(d | mean)) { w += nodes; continue; }
        int32_t difference = d - mean;
        mean = (d + mean) >> 1;
        const int32_t *l = (const int32_t *)above;
        do {
            int32_t change = half + l[0] * mean;
            change = (change + l[1] * difference) >> rate;
            if (LIKELY(change)) sum += changed(w, change);
            w++;
            l += 2;
        } while (l != (const int32_t *)stop);
    }
    t->sums[c] = (t->sums[c] + sum) & 0xffff;
}

int32_t learn(struct Table *t, const int8_t *x, int32_t label) {
    struct Entry *list = (struct Entry *)t->states, *end;
    int32_t count = t->counts & 255;
    end = settle(t, x, list);
    int32_t loss = set_errors(t, t->layers + count - 1, label);
    if (loss) {
        displace(t, t->layers + count - 1, list);
        program_driven(t, end, list);
        for (int32_t c = 1; c < count; c++) program_between(t, c);
    }
    return loss;
}
