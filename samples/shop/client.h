/* client.h - calls other services, with a span for each call. */
#ifndef SHOP_CLIENT_H
#define SHOP_CLIENT_H

#include <stddef.h>

struct argument {
    const char *name, *value;
};

struct answer {
    long status; /* of HTTP; 0: nobody answered */
    char text[512];
};

/* Once, before there are threads. */
void client_start(void);
/* POSTs to base and path with a query of these arguments (the list ends with an empty one) and waits for the answer. */
void post(const char *base, const char *path, const struct argument *arguments, struct answer *answer);

#endif
