/* pen.c - text made harmless: every code point is decoded and checked, and only what prints is passed on. */
#include "tools/weft/tail/pen.h"

#include <stdarg.h>
#include <string.h>
#include <wchar.h>

/* A letter may carry so many marks of no width; more would pile up over other lines. */
enum { MARKS = 2, REPLACEMENT = 0xFFFD };

/* Decodes one code point and moves on; REPLACEMENT for a byte that begins no valid sequence. */
static uint32_t decode(const char **text)
{
    const uint8_t *s = (const uint8_t *)*text;
    static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
    size_t more = s[0] < 0x80                   ? 0
                  : s[0] >= 0xC2 && s[0] < 0xE0 ? 1
                  : (s[0] & 0xF0) == 0xE0       ? 2
                  : s[0] >= 0xF0 && s[0] < 0xF5 ? 3
                                                : 4;
    *text += 1;
    if (more == 4)
        return REPLACEMENT;
    uint32_t point = more == 0 ? s[0] : s[0] & (0x3FU >> more);
    for (size_t i = 1; i <= more; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return REPLACEMENT;
        point = point << 6 | (s[i] & 0x3FU);
    }
    if (point < least[more] || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000))
        return REPLACEMENT;
    *text += more;
    return point;
}

/* Signs that have no shape of their own but change how others are shown: order of writing, joining, tags. */
static bool is_trick(uint32_t point)
{
    static const uint32_t ranges[][2] = {
        { 0xAD, 0xAD },     { 0x61C, 0x61C },   { 0x180E, 0x180E }, { 0x200B, 0x200F }, { 0x2028, 0x202E },
        { 0x2060, 0x206F }, { 0xFE00, 0xFE0F }, { 0xFEFF, 0xFEFF }, { 0xFFF9, 0xFFFB }, { 0xE0000, 0xFFFFF },
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (point >= ranges[i][0] && point <= ranges[i][1])
            return true;
    return false;
}

/* What is shown for a code point, and its width; a width of -1 means that it is left out. */
static uint32_t harmless(const tail_pen *pen, uint32_t point, int *width)
{
    *width = 1;
    if (point == '\t' || point == '\n' || point == '\r')
        return ' ';
    if (point < 0x20 || point == 0x7F)
        return pen->unicode ? 0x2400 + (point == 0x7F ? 0x21 : point) : '?';
    if (point < 0x7F)
        return point;
    if (is_trick(point)) {
        *width = -1;
        return 0;
    }
    if (!pen->unicode)
        return '?';
    int columns = wcwidth((wchar_t)point);
    if (columns < 0)
        return REPLACEMENT;
    *width = columns;
    return point;
}

static void emit(const tail_pen *pen, uint32_t point)
{
    unsigned char bytes[4];
    size_t size = 0;
    if (point < 0x80) {
        bytes[size++] = (unsigned char)point;
    } else if (point < 0x800) {
        bytes[size++] = (unsigned char)(0xC0 | point >> 6);
    } else if (point < 0x10000) {
        bytes[size++] = (unsigned char)(0xE0 | point >> 12);
        bytes[size++] = (unsigned char)(0x80 | (point >> 6 & 0x3F));
    } else {
        bytes[size++] = (unsigned char)(0xF0 | point >> 18);
        bytes[size++] = (unsigned char)(0x80 | (point >> 12 & 0x3F));
        bytes[size++] = (unsigned char)(0x80 | (point >> 6 & 0x3F));
    }
    if (point >= 0x80)
        bytes[size++] = (unsigned char)(0x80 | (point & 0x3F));
    (void)fwrite(bytes, 1, size, pen->out);
}

size_t tail_pen_columns(const tail_pen *pen, const char *text)
{
    size_t columns = 0;
    while (*text != '\0') {
        int width;
        (void)harmless(pen, decode(&text), &width);
        columns += width > 0 ? (size_t)width : 0;
    }
    return columns;
}

static size_t room(const tail_pen *pen)
{
    return pen->column < pen->width ? pen->width - pen->column : 0;
}

/* Writes what fits into so many columns, but nothing from `stop` on; returns the rest. */
static const char *write_columns(tail_pen *pen, const char *text, size_t columns, const char *stop)
{
    size_t marks = 0;
    while (*text != '\0' && text != stop) {
        int width;
        const char *next = text;
        uint32_t point = harmless(pen, decode(&next), &width);
        if (width >= 0 && (size_t)width > columns)
            break;
        text = next;
        if (width < 0 || (width == 0 && ++marks > MARKS))
            continue;
        marks = width > 0 ? 0 : marks;
        columns -= (size_t)width;
        pen->column += (size_t)width;
        emit(pen, point);
    }
    return text;
}

void tail_pen_text(tail_pen *pen, const char *text, size_t most)
{
    most = most < room(pen) ? most : room(pen);
    bool fits = tail_pen_columns(pen, text) <= most;
    (void)write_columns(pen, text, fits || most == 0 ? most : most - 1, NULL);
    if (!fits && most > 0)
        tail_pen_sign(pen, "…", "~");
}

const char *tail_pen_part(tail_pen *pen, const char *text)
{
    size_t columns = 0;
    const char *at = text, *blank = NULL;
    while (*at != '\0' && columns <= room(pen)) {
        int width;
        blank = *at == ' ' ? at : blank;
        (void)harmless(pen, decode(&at), &width);
        columns += width > 0 ? (size_t)width : 0;
    }
    text = write_columns(pen, text, room(pen), columns > room(pen) && blank != text ? blank : NULL);
    return text + strspn(text, " ");
}

void tail_pen_put(tail_pen *pen, const char *text)
{
    tail_pen_text(pen, text, SIZE_MAX);
}

void tail_pen_printf(tail_pen *pen, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    tail_pen_put(pen, text);
}

void tail_pen_sign(tail_pen *pen, const char *sign, const char *ascii)
{
    if (room(pen) == 0)
        return;
    (void)fputs(pen->unicode ? sign : ascii, pen->out);
    pen->column++;
}

void tail_pen_to(tail_pen *pen, size_t column)
{
    for (column = column < pen->width ? column : pen->width; pen->column < column; pen->column++)
        (void)fputc(' ', pen->out);
}

void tail_pen_end(tail_pen *pen)
{
    (void)fputc('\n', pen->out);
    pen->column = 0;
}

void tail_pen_style(tail_pen *pen, tail_style style)
{
    static const char *const codes[] = { "0",    "0;1",  "0;2",  "0;1;31", "0;33", "0;36", "0;32",
                                         "0;35", "0;94", "0;93", "0;96",   "0;92", "0;95", "0;34" };
    if (pen->color)
        (void)fprintf(pen->out, "\033[%sm", codes[style]);
}

tail_style tail_pen_service(tail_pen *pen, const char *service)
{
    uint32_t hash = 2166136261U; /* FNV-1a */
    for (const char *s = service; *s != '\0'; s++)
        hash = (hash ^ (uint8_t)*s) * 16777619U;
    size_t at = 0;
    while (at < pen->service_count && pen->services[at] != hash)
        at++;
    if (at == TAIL_SERVICE_STYLES)
        at = hash % TAIL_SERVICE_STYLES;
    else if (at == pen->service_count)
        pen->services[pen->service_count++] = hash;
    return (tail_style)((size_t)TAIL_SERVICE + at);
}
