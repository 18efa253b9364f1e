/* One training step in plain C, as a careful programmer would write it: what the assembler of eqprop.crossbar.kernels.thumb is
 * measured against. It works on the same arrays by way of the table of eqprop.crossbar.native and gives the same bits.
 */
#include <stdint.h>

typedef const uint32_t *Table;

enum { FREE, PLUS, MINUS };

struct Layer {
    int32_t nodes, rows, columns, product, back, wired, delta_limit, gain, scale, rate_shift, g_min, g_max;
    int32_t *base;
    uint32_t base_high;
    uint16_t *g;
    uint32_t g_high;
    uint16_t *above;
    uint32_t above_high;
    uint16_t *reciprocal;
    uint32_t reciprocal_high;
    uint8_t *shift;
    uint32_t shift_high;
    int16_t *low;
    uint32_t low_high;
    int16_t *high;
    uint32_t high_high;
    int16_t *delta;
    uint32_t delta_high;
    int16_t *mean;
    uint32_t mean_high;
    int32_t *total;
    uint32_t total_high;
    struct {
        int16_t *v;
        uint32_t high;
    } phase[3];
};

static int32_t limited(int32_t value, int32_t low, int32_t high) {
    return value < low ? low : value > high ? high : value;
}

static void drive(Table t, const int8_t *x) {
    int32_t features = t[0], nodes = t[1], shift = t[2];
    int8_t *inputs = (int8_t *)t[4];
    uint32_t *active = (uint32_t *)t[6];
    const uint16_t *g = (const uint16_t *)t[8];
    int32_t *driven = (int32_t *)t[10];
    uint32_t count = 0;
    for (int32_t i = 0; i < features; i++) {
        int8_t u = x[i] == -128 ? -127 : x[i];
        inputs[i] = u;
        if (u)
            active[++count] = i;
    }
    active[++count] = features;
    active[0] = count;
    for (int32_t j = 0; j < nodes; j++) {
        int32_t sum = 0;
        for (uint32_t a = 1; a <= count; a++) {
            uint32_t i = active[a];
            sum += ((g[2 * i] - g[2 * i + 1]) * inputs[i]) >> shift;
        }
        driven[j] = sum;
        g += 2 * (features + 1);
    }
}

static void relax(const struct Layer *layer, int32_t phase, int32_t columns) {
    const int16_t *v_below = layer[-1].phase[phase].v, *v_above = layer[1].phase[phase].v;
    int16_t *v = layer->phase[phase].v;
    int32_t product = layer->product, nodes = layer->nodes, rows = layer->rows;
    const uint16_t *above = layer->above;
    for (int32_t j = 0; j < nodes; j++) {
        int32_t sum = 0;
        for (int32_t k = 0; k < columns; k++)
            sum += (*above++ * v_above[k]) >> product;
        sum = layer->base[j] + (sum >> layer->back);
        const uint16_t *g = layer->g + j;
        for (int32_t i = 0; i < rows; i++, g += nodes)
            sum += (*g * v_below[i]) >> product;
        sum = limited(sum >> layer->shift[j], -65535, 65535);
        v[j] = limited((sum * layer->reciprocal[j] + 8192) >> 14, layer->low[j], layer->high[j]);
    }
}

static void settle(Table t, int32_t phase) {
    struct Layer *layers = (struct Layer *)(t + 28);
    int32_t count = t[19] & 255, sweeps = t[19] >> 8 & 255, first = 0;
    struct Layer *last = layers + count - 1;
    const int32_t *currents = (const int32_t *)t[22], *rest = (const int32_t *)t[24];
    int32_t sign = phase == FREE ? 0 : phase == PLUS ? 1 : -1;
    for (struct Layer *layer = layers; layer <= last; layer++)
        for (int32_t j = 0; j < (phase ? layer->wired : layer->nodes); j++)
            layer->phase[phase].v[j] = phase ? layer->phase[FREE].v[j] : 0;
    for (int32_t k = 0; k < last->nodes; k++)
        last->base[k] = rest[k] + sign * currents[k];
    if (phase) {
        int16_t *v = last->phase[phase].v;
        for (int32_t k = 0; k < last->nodes; k++) {
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

static int32_t set_nudge(Table t, int32_t label) {
    int32_t loss = 0, outputs = t[14], shift = t[15], beta = t[16];
    const int16_t *v = (const int16_t *)t[20];
    int32_t *currents = (int32_t *)t[22];
    for (int32_t k = 0; k < outputs; k++) {
        int32_t error = (int16_t)t[k == label ? 17 : 18] - v[k];
        if ((error < 0) == (k == label))
            error = 0;
        currents[k] = limited((beta * error) >> shift, -536870911, 536870911);
        error >>= 4;
        error *= error;
        loss = loss < 1073741823 - error ? loss + error : 1073741823;
    }
    return loss;
}

static void program_driven(Table t, const struct Layer *layer) {
    int32_t features = t[0], rate_shift = layer->rate_shift, offset = 1 << (rate_shift - 1);
    int32_t g_min = layer->g_min, g_max = layer->g_max;
    const int8_t *inputs = (const int8_t *)t[4];
    const uint32_t *active = (const uint32_t *)t[6];
    uint16_t *row = layer->g;
    for (int32_t j = 0; j < layer->nodes; j++, row += 2 * (features + 1)) {
        int32_t d = layer->delta[j], c = offset - ((d * layer->mean[j]) >> layer->gain);
        int32_t reach = 127 * (d < 0 ? -d : d), sum = 0;
        if ((c + reach) >> rate_shift == 0 && (c - reach) >> rate_shift == 0)
            continue;
        int32_t idle = c >> rate_shift == 0, count = idle ? (int32_t)active[0] : features + 1;
        for (int32_t a = 0; a < count; a++) {
            int32_t i = idle ? (int32_t)active[a + 1] : a;
            int32_t change = inputs[i] * d;
            uint16_t *g = row + 2 * i;
            int32_t up = limited(g[0] + ((c + change) >> rate_shift), g_min, g_max);
            int32_t down = limited(g[1] + ((c - change) >> rate_shift), g_min, g_max);
            sum += up - g[0] + down - g[1];
            g[0] = up;
            g[1] = down;
        }
        layer->total[j] += sum;
    }
}

static void program_between(const struct Layer *layer) {
    int32_t gain = layer->gain, rate_shift = layer->rate_shift, offset = 1 << (rate_shift - 1), nodes = layer->nodes;
    int32_t g_min = layer->g_min, g_max = layer->g_max;
    const int16_t *delta = layer->delta, *mean = layer->mean;
    int32_t *total = layer->total;
    uint16_t *g = layer->g;
    for (int32_t j = 0; j < layer->rows; j++) {
        int32_t d = limited(layer[-1].delta[j], -8000, 8000), m = layer[-1].mean[j], sum = 0;
        for (int32_t k = 0; k < nodes; k++, g++) {
            int32_t change = (offset - (d - (delta[k] >> gain)) * (m - (mean[k] >> gain))) >> rate_shift;
            change = limited(*g + change, g_min, g_max) - *g;
            *g += change;
            sum += change;
            total[k] += change;
        }
        if (j < layer->rows - 2)
            layer[-1].total[j] += sum;
    }
}

static void program(Table t) {
    struct Layer *layers = (struct Layer *)(t + 28);
    int32_t count = t[19] & 255;
    for (int32_t c = 0; c < count; c++) {
        const struct Layer *layer = layers + c;
        const int16_t *plus = layer->phase[PLUS].v, *minus = layer->phase[MINUS].v;
        for (int32_t j = 0; j < layer->wired; j++) {
            layer->delta[j] = limited(plus[j] - minus[j], -layer->delta_limit, layer->delta_limit);
            layer->mean[j] = (plus[j] + minus[j]) >> 1;
        }
    }
    program_driven(t, layers);
    for (int32_t c = 1; c < count; c++)
        program_between(layers + c);
    for (int32_t c = 0; c < count; c++) {
        const struct Layer *layer = layers + c;
        for (int32_t j = 0; j < layer->nodes; j++) {
            uint32_t total = layer->total[j];
            int32_t e = 0;
            for (; total >= 32768; e++)
                total >>= 1;
            for (; total < 16384; e--)
                total <<= 1;
            layer->reciprocal[j] = (268435456 + (total >> 1)) / total;
            layer->shift[j] = e + 14 - layer->scale;
        }
    }
}

int32_t learn(Table t, const int8_t *x, int32_t label) {
    drive(t, x);
    settle(t, FREE);
    int32_t loss = set_nudge(t, label);
    if (loss) {
        settle(t, PLUS);
        settle(t, MINUS);
        program(t);
    }
    return loss;
}
