/* url.c - endpoints: what is one, and where a signal's requests go. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "exporters/otlp/settings.h"

typedef struct url_parts {
    size_t authority, path, rest; /* where they begin: behind "://", at the first '/', at '?', '#' or the end */
    size_t end;                   /* a fragment is not sent */
} url_parts;

static bool is_port(const char *text, size_t size)
{
    unsigned long port = 0;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9' || i == 5)
            return false;
        port = port * 10 + (unsigned long)(text[i] - '0');
    }
    return port >= 1 && port <= 65535;
}

/* "host", "host:port" or "[address]:port", perhaps with "user:password@" in front. */
static bool is_authority(const char *text, size_t size)
{
    size_t host = size;
    while (host != 0 && text[host - 1] != '@')
        host--;
    text += host;
    size -= host;
    if (size != 0 && text[0] == '[') {
        const char *bracket = memchr(text, ']', size);
        host = bracket != NULL && bracket - text > 1 ? (size_t)(bracket - text) + 1 : 0;
    } else {
        const char *colon = memchr(text, ':', size);
        host = colon != NULL ? (size_t)(colon - text) : size;
    }
    return host != 0 && (host == size || (text[host] == ':' && is_port(text + host + 1, size - host - 1)));
}

static bool split(const char *url, url_parts *parts)
{
    parts->authority = strncasecmp(url, "http://", 7) == 0 ? 7 : strncasecmp(url, "https://", 8) == 0 ? 8 : 0;
    parts->path = parts->authority + strcspn(url + parts->authority, "/?#");
    parts->rest = parts->path + strcspn(url + parts->path, "?#");
    parts->end = parts->rest + strcspn(url + parts->rest, "#");
    for (const char *at = url; *at != '\0'; at++)
        if ((unsigned char)*at <= ' ' || *at == 0x7f)
            return false;
    return parts->authority != 0 && is_authority(url + parts->authority, parts->path - parts->authority);
}

char *weft__otlp_url(const char *endpoint, bool base, const char *path, bool *valid)
{
    url_parts parts;
    *valid = split(endpoint, &parts);
    if (!*valid)
        return NULL;
    bool slash = parts.rest > parts.path && (!base || endpoint[parts.rest - 1] == '/');
    size_t size = parts.end + 1 + strlen(path) + 1;
    char *url = malloc(size);
    if (url != NULL)
        snprintf(url, size, "%.*s%s%s%.*s", (int)parts.rest, endpoint, slash ? "" : "/", base ? path : "",
                 (int)(parts.end - parts.rest), endpoint + parts.rest);
    return url;
}
