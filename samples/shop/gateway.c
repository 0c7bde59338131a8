/* gateway.c - the shop's front door: knows who the customer is, and asks checkout to do the rest. */
#include <stdio.h>
#include <weft/sdk.h>

#include "client.h"
#include "server.h"

WEFT_INSTRUMENTATION("shop.gateway", "1.0.0");

static const char *checkout; /* where it is */

/* POST /buy?sku=tea&card=tok_visa[&tenant=acme][&order=1] */
static void buy(const struct request *request, struct reply *reply)
{
    char trace[WEFT_TRACE_ID_SIZE], number[16];
    const char *tenant = request_argument(request, "tenant"), *order = request_argument(request, "order");
    weft_trace_id(NULL, trace); /* of the current span: it goes into the answer, where people can find it */
    (void)snprintf(number, sizeof number, "%.8s", trace);
    if (tenant[0] == '\0')
        tenant = "public";
    /* Every service behind us will know the tenant, without a word about it in any call. */
    WEFT_BAGGAGE("shop.tenant", tenant);
    weft_span_set(WEFT_CURRENT, weft_attr("shop.tenant", tenant));

    struct answer answer;
    post(checkout, "/orders",
         (const struct argument[]){ { "order", order[0] != '\0' ? order : number },
                                    { "sku", request_argument(request, "sku") },
                                    { "card", request_argument(request, "card") },
                                    { NULL, NULL } },
         &answer);
    if (answer.status == 0)
        reply_with(reply, 502, "checkout does not answer; please tell us this number: %s\n", trace);
    else
        reply_with(reply, (unsigned)answer.status, "%.300s (trace %s)\n", answer.text, trace);
}

int main(int argc, char **argv)
{
    static const struct route routes[] = { { "POST", "/buy", buy }, { NULL, NULL, NULL } };
    if (argc != 3) {
        (void)fprintf(stderr, "Usage: %s PORT CHECKOUT-URL\n", argv[0]);
        return 2;
    }
    checkout = argv[2];
    client_start();
    weft_sdk sdk = weft_sdk_start(WEFT_OPTIONS(weft_sdk_options, .service_name = "gateway"));
    int status = serve("gateway", argv[1], routes);
    weft_sdk_stop(sdk, 5000);
    return status;
}
