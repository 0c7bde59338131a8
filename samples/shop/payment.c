/* payment.c - charges a card and writes it into an SQLite table. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <weft/sdk.h>

#include "server.h"

WEFT_INSTRUMENTATION("shop.payment", "1.0.0");

static sqlite3 *database;

/* Status, error.type and the exception in one call; db.response.status_code beside it. */
static int database_failed(const weft_span *span, int code)
{
    char number[16];
    (void)snprintf(number, sizeof number, "%d", code);
    weft_span_set(span, weft_attr("db.response.status_code", number));
    weft_span_error(span, number, "%s", sqlite3_errmsg(database));
    return code;
}

/* SQLITE_OK, or SQLite's code. */
static int store_payment(const char *order, int cents, const char *tenant)
{
    static const char query[] = "INSERT INTO payments (order_id, cents, tenant) VALUES (?, ?, ?)";
    WEFT_SPAN(span, "INSERT payments", .kind = WEFT_KIND_CLIENT,
              .attributes = WEFT_ATTRS(weft_attr("db.system.name", "sqlite"),
                                       weft_attr("db.namespace", sqlite3_db_filename(database, "main")),
                                       weft_attr("db.collection.name", "payments"),
                                       weft_attr("db.operation.name", "INSERT"), weft_attr("db.query.text", query)));
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(database, query, -1, &statement, NULL);
    if (code != SQLITE_OK)
        return database_failed(&span, code);
    (void)sqlite3_bind_text(statement, 1, order, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int(statement, 2, cents);
    (void)sqlite3_bind_text(statement, 3, tenant, -1, SQLITE_STATIC);
    code = sqlite3_step(statement);
    if (code != SQLITE_DONE)
        (void)database_failed(&span, code);
    (void)sqlite3_finalize(statement);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static bool card_is_good(const char *card)
{
    WEFT_SPAN(span, "authorise card");
    if (strcmp(card, "tok_visa") == 0)
        return true;
    weft_span_error(&span, "card_declined", "the bank declined %s", card[0] != '\0' ? card : "a card without a number");
    return false;
}

static void charge(const struct request *request, struct reply *reply)
{
    const char *order = request_argument(request, "order");
    int cents = (int)strtol(request_argument(request, "cents"), NULL, 10);
    char tenant[64] = "public";
    weft_baggage_get(NULL, "shop.tenant", tenant, sizeof tenant); /* from the gateway, through checkout */
    weft_span_set(WEFT_CURRENT, weft_attr("shop.tenant", tenant), weft_attr("shop.cents", cents));

    if (!card_is_good(request_argument(request, "card"))) {
        reply_with(reply, 402, "the card was declined");
        return;
    }
    int code = store_payment(order, cents, tenant);
    if (code == SQLITE_OK)
        reply_with(reply, 200, "order %.64s: paid %d.%02d", order, cents / 100, cents % 100);
    else if (code == SQLITE_CONSTRAINT)
        reply_with(reply, 409, "order %.64s was paid before", order);
    else
        reply_with(reply, 500, "the payment could not be stored");
}

static bool open_database(const char *path)
{
    static const char create[] =
        "CREATE TABLE IF NOT EXISTS payments (order_id TEXT PRIMARY KEY, cents INTEGER, tenant TEXT)";
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX;
    if (sqlite3_open_v2(path, &database, flags, NULL) == SQLITE_OK &&
        sqlite3_exec(database, create, NULL, NULL, NULL) == SQLITE_OK)
        return true;
    (void)fprintf(stderr, "payment: cannot open %s: %s\n", path, sqlite3_errmsg(database));
    return false;
}

int main(int argc, char **argv)
{
    static const struct route routes[] = { { "POST", "/charges", charge }, { NULL, NULL, NULL } };
    if (argc != 3) {
        (void)fprintf(stderr, "Usage: %s PORT DATABASE-FILE\n", argv[0]);
        return 2;
    }
    int status = EXIT_FAILURE;
    if (open_database(argv[2])) {
        weft_sdk sdk = weft_sdk_start(WEFT_OPTIONS(weft_sdk_options, .service_name = "payment"));
        status = serve("payment", argv[1], routes);
        weft_sdk_stop(sdk, 5000);
    }
    (void)sqlite3_close(database);
    return status;
}
