/* network.c - the virtual network: a transport whose other end is a script. */
#include <stdlib.h>

#include "sdk/base/clock.h"
#include "tests/support/world.h"
#include "tests/support/world_state.h"

typedef struct wire {
    weft__transport transport; /* first */
    world_script *script;
    void *arg;
    weft__done_fn *done; /* NULL: nothing is under way */
    void *done_arg;
    int64_t at; /* monotonic ms: when it happens */
    world_answer answer;
} wire;

static wire *wire_of(weft__transport *transport)
{
    return (wire *)(void *)transport;
}

static weft_status link_send(weft__transport *transport, const weft__request *request, weft__done_fn *done, void *arg)
{
    wire *end = wire_of(transport);
    if (end->done != NULL)
        return WEFT_E_MISUSE;
    world_request_count++;
    end->answer = end->script(end->arg, request);
    end->done = done;
    end->done_arg = arg;
    int64_t now = weft__monotonic_ms();
    end->at = end->answer.latency < INT64_MAX - now ? now + end->answer.latency : INT64_MAX;
    if (end->at >= request->deadline) {
        end->at = request->deadline;
        end->answer = (world_answer){ .failure = WEFT__EXPIRED };
    }
    return WEFT_OK;
}

static void link_cancel(weft__transport *transport)
{
    wire_of(transport)->done = NULL;
}

static size_t link_fds(weft__transport *transport, struct pollfd *fds, size_t room)
{
    (void)transport, (void)fds, (void)room;
    return 0;
}

static int64_t link_deadline(weft__transport *transport)
{
    const wire *end = wire_of(transport);
    return end->done != NULL ? end->at : INT64_MAX;
}

static void link_step(weft__transport *transport, const struct pollfd *fds, size_t count)
{
    wire *end = wire_of(transport);
    (void)fds, (void)count;
    if (end->done == NULL || weft__monotonic_ms() < end->at)
        return;
    const world_answer *answer = &end->answer;
    weft__response response = { .failure = answer->failure, .retry_after = -1 };
    if (answer->failure == WEFT__ANSWERED) {
        response.status = answer->status;
        response.retry_after = answer->retry_after;
        response.body = answer->body;
        response.body_size = answer->body_size;
        response.content_type = answer->content_type;
    } else {
        response.message = "a fault of the virtual network";
    }
    weft__done_fn *done = end->done;
    end->done = NULL;
    done(end->done_arg, &response);
}

static void link_free(weft__transport *transport)
{
    free(wire_of(transport));
}

weft__transport *world_transport(world_script *script, void *arg)
{
    static const weft__transport_ops ops = { link_send, link_cancel, link_fds, link_deadline, link_step, link_free };
    wire *end = calloc(1, sizeof *end);
    if (end == NULL)
        abort();
    end->transport.ops = &ops;
    end->script = script != NULL ? script : world_faults;
    end->arg = arg;
    return &end->transport;
}

world_answer world_faults(void *arg, const weft__request *request)
{
    static const int statuses[] = { 400, 401, 404, 413, 429, 500, 502, 503, 504, 301 };
    static const weft__failure failures[] = { WEFT__UNREACHABLE, WEFT__BROKEN, WEFT__OVERSIZE, WEFT__UNUSABLE };
    (void)arg, (void)request;
    world_answer answer = { .latency = (int64_t)world_random(200),
                            .failure = WEFT__ANSWERED,
                            .status = 200,
                            .retry_after = -1,
                            .content_type = "application/x-protobuf" };
    switch (world_random(8)) {
    case 0:
        answer.latency = INT64_MAX;
        break;
    case 1:
        answer.failure = failures[world_random(WEFT_COUNT_OF(failures))];
        break;
    case 2:
        answer.status = statuses[world_random(WEFT_COUNT_OF(statuses))];
        if (world_chance(2))
            answer.retry_after = (int64_t)world_random(5000);
        break;
    case 3:
        answer.latency *= 100; /* slow, but there */
        break;
    default:
        break;
    }
    return answer;
}

size_t world_requests(void)
{
    return world_request_count;
}
