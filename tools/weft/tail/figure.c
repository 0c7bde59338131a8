/* figure.c - durations with three digits, bars to an eighth of a column. */
#include "tools/weft/tail/figure.h"

#include <inttypes.h>

enum { EIGHTHS = 8 };

char *tail_duration(uint64_t ns, bool unicode, char out[TAIL_DURATION_SIZE])
{
    static const struct {
        uint64_t ns;
        const char *name;
    } units[] = { { 1000000000, "s" }, { 1000000, "ms" }, { 1000, "us" } };
    uint64_t seconds = ns / 1000000000;
    if (seconds >= 86400)
        (void)snprintf(out, TAIL_DURATION_SIZE, "%" PRIu64 " d %02" PRIu64 " h", seconds / 86400, seconds / 3600 % 24);
    else if (seconds >= 3600)
        (void)snprintf(out, TAIL_DURATION_SIZE, "%" PRIu64 " h %02" PRIu64 " m", seconds / 3600, seconds / 60 % 60);
    else if (seconds >= 60)
        (void)snprintf(out, TAIL_DURATION_SIZE, "%" PRIu64 " m %02" PRIu64 " s", seconds / 60, seconds % 60);
    else if (ns < 1000)
        (void)snprintf(out, TAIL_DURATION_SIZE, "%" PRIu64 " ns", ns);
    for (size_t i = 0; seconds < 60 && i < sizeof units / sizeof units[0]; i++) {
        if (ns < units[i].ns)
            continue;
        /* Cut, not rounded: 999.96 must not become 1000 of a unit. */
        uint64_t hundredths = ns / (units[i].ns / 100), whole = hundredths / 100;
        const char *name = unicode && units[i].ns == 1000 ? "µs" : units[i].name;
        if (whole >= 100)
            (void)snprintf(out, TAIL_DURATION_SIZE, "%" PRIu64 " %s", whole, name);
        else if (whole >= 10)
            (void)snprintf(out, TAIL_DURATION_SIZE, "%" PRIu64 ".%" PRIu64 " %s", whole, hundredths / 10 % 10, name);
        else
            (void)snprintf(out, TAIL_DURATION_SIZE, "%" PRIu64 ".%02" PRIu64 " %s", whole, hundredths % 100, name);
        break;
    }
    return out;
}

/* One column of which the eighths from `left` to `right` are covered. */
static const char *block(size_t left, size_t right)
{
    static const char *const from_left[] = { " ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█" };
    if (left == 0)
        return from_left[right];
    if (right == EIGHTHS)
        return left < 2 ? "█" : left < 6 ? "▐" : "▕";
    if (left + right <= EIGHTHS)
        return from_left[right - left];
    return right - left > 2 ? "▐" : "▕";
}

static size_t eighth_at(double part, size_t columns)
{
    double most = (double)(columns * EIGHTHS), at = part * most;
    return at <= 0 ? 0 : at >= most ? columns * EIGHTHS : (size_t)at;
}

void tail_bar(tail_pen *pen, size_t columns, double from, double to)
{
    if (columns == 0)
        return;
    size_t left = eighth_at(from, columns), right = eighth_at(to, columns);
    if (left >= columns * EIGHTHS)
        left = columns * EIGHTHS - 1;
    if (right <= left)
        right = left + 1;
    for (size_t cell = 0; cell < columns; cell++) {
        size_t begin = cell * EIGHTHS, end = begin + EIGHTHS;
        if (right <= begin || left >= end) {
            tail_pen_to(pen, pen->column + 1);
            continue;
        }
        size_t l = left > begin ? left - begin : 0, r = right < end ? right - begin : EIGHTHS;
        tail_pen_sign(pen, block(l, r), right - left <= EIGHTHS ? "|" : "=");
    }
}
