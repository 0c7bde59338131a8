/* checkout.c - knows the prices, and has the customer pay. */
#include <stdio.h>
#include <string.h>
#include <weft/sdk.h>

#include "client.h"
#include "server.h"

WEFT_INSTRUMENTATION("shop.checkout", "1.0.0");

static const char *payment; /* where it is */

/* In cents; 0: there is no such article. */
static int price_of(const char *sku, const char *tenant)
{
    static const struct {
        const char *sku;
        int cents;
    } articles[] = { { "tea", 350 }, { "coffee", 420 }, { "biscuit", 240 } };
    WEFT_SPAN(span, "find price");
    weft_span_set(&span, weft_attr("shop.sku", sku));
    for (size_t i = 0; i < sizeof articles / sizeof articles[0]; i++) {
        if (strcmp(articles[i].sku, sku) != 0)
            continue;
        int cents = articles[i].cents;
        if (strcmp(tenant, "acme") == 0) {
            cents -= cents / 10;
            weft_span_event(&span, "discount given", weft_attr("percent", 10));
        }
        weft_span_set(&span, weft_attr("shop.cents", cents));
        return cents;
    }
    weft_span_error(&span, "no_such_article", "there is no article '%s'", sku);
    return 0;
}

static void take_order(const struct request *request, struct reply *reply)
{
    char tenant[64] = "public", cents[16];
    weft_baggage_get(NULL, "shop.tenant", tenant, sizeof tenant); /* came with the request */
    weft_span_set(WEFT_CURRENT, weft_attr("shop.tenant", tenant));

    int price = price_of(request_argument(request, "sku"), tenant);
    if (price == 0) {
        reply_with(reply, 404, "we do not sell that");
        return;
    }
    struct answer answer;
    (void)snprintf(cents, sizeof cents, "%d", price);
    post(payment, "/charges",
         (const struct argument[]){ { "order", request_argument(request, "order") },
                                    { "cents", cents },
                                    { "card", request_argument(request, "card") },
                                    { NULL, NULL } },
         &answer);
    if (answer.status == 0)
        reply_with(reply, 502, "payment does not answer");
    else
        reply_with(reply, (unsigned)answer.status, "%.300s", answer.text);
}

int main(int argc, char **argv)
{
    static const struct route routes[] = { { "POST", "/orders", take_order }, { NULL, NULL, NULL } };
    if (argc != 3) {
        (void)fprintf(stderr, "Usage: %s PORT PAYMENT-URL\n", argv[0]);
        return 2;
    }
    payment = argv[2];
    client_start();
    weft_sdk sdk = weft_sdk_start(WEFT_OPTIONS(weft_sdk_options, .service_name = "checkout"));
    int status = serve("checkout", argv[1], routes);
    weft_sdk_stop(sdk, 5000);
    return status;
}
