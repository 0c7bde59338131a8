/* main.c - weft-bench CASE MODE: measures one case in one way, and prints "CASE FIGURE VALUE" lines.
 *
 *   burst      bursts that fit the pool, on one pinned core: minimum and median ns an operation
 *   sustained  for seconds, the worker live on the other core: median ns an operation
 *   count      a few thousand operations, for callgrind
 *   two        bursts on two pinned threads at once: ns an operation of the slower
 *   export     worker CPU ns a span, end to end over loopback to a server that discards
 *   wakes      wakes per 1,000 spans in a flood */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <weft/sdk.h>

#include "bench/bench.h"

enum { BURSTS = 1500, WARM = 20, SUSTAINED_SECONDS = 3, SAMPLES = 200000, EXPORTED = 1000000 };

static double samples[SAMPLES];
static weft_sdk sdk;

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print(const bench_case *which, const char *figure, double value)
{
    printf("%s %s %.2f\n", which->name, figure, value);
}

static void start_sdk(void)
{
    char endpoint[64];
    int port = bench_server_start();
    if (port < 0)
        exit(2);
    snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%d", port);
    const weft_otlp_options otlp = { .size = sizeof otlp, .endpoint = endpoint };
    const weft_batch_options batch = { .size = sizeof batch, .max_queue = 1 << 20, .delay_ms = 1000 };
    weft_processor *const processors[] = { weft_processor_batch(weft_exporter_otlp(&otlp), &batch), NULL };
    sdk = weft_sdk_start(
        WEFT_OPTIONS(weft_sdk_options, .service_name = "bench", .processors = processors, .ignore_environment = true));
}

static void settle(void)
{
    if (sdk.id_ != 0)
        weft_sdk_flush(sdk, 10000);
}

static void burst(const bench_case *which)
{
    for (int i = 0; i < WARM; i++) {
        bench_measured(which, BENCH_BURST);
        settle();
    }
    for (int i = 0; i < BURSTS; i++) {
        uint64_t before = bench_ns();
        bench_measured(which, BENCH_BURST);
        samples[i] = (double)(bench_ns() - before) / BENCH_BURST;
        settle();
    }
    qsort(samples, BURSTS, sizeof samples[0], by_value);
    print(which, "min_ns", samples[0]);
    print(which, "median_ns", samples[BURSTS / 2]);
}

static uint64_t in_flight(void)
{
    weft_destination_stats stats = { .size = sizeof stats };
    return sdk.id_ != 0 && weft_sdk_destination(sdk, 0, &stats) ? stats.in_flight : 0;
}

/* A worker that falls behind is waited for between bursts, outside the measured time: nothing is dropped. */
static void sustained(const bench_case *which)
{
    size_t n = 0;
    bench_measured(which, BENCH_BURST);
    for (uint64_t until = bench_ns() + SUSTAINED_SECONDS * 1000000000ull; n < SAMPLES && bench_ns() < until; n++) {
        uint64_t before = bench_ns();
        bench_measured(which, BENCH_BURST);
        samples[n] = (double)(bench_ns() - before) / BENCH_BURST;
        while (in_flight() > 8000)
            nanosleep(&(struct timespec){ .tv_nsec = 50000 }, NULL);
    }
    qsort(samples, n, sizeof samples[0], by_value);
    print(which, "sustained_ns", samples[n / 2]);
}

typedef struct pair {
    const bench_case *which;
    pthread_barrier_t *gate;
    int cpu;
    double best;
} pair;

static void *one_of_two(void *arg)
{
    pair *own = arg;
    bench_pin(own->cpu);
    own->which->before();
    for (int i = 0; i < BURSTS; i++) {
        pthread_barrier_wait(own->gate);
        uint64_t before = bench_ns();
        bench_measured(own->which, BENCH_BURST);
        double ns = (double)(bench_ns() - before) / BENCH_BURST;
        if (i >= WARM && ns < own->best)
            own->best = ns;
        pthread_barrier_wait(own->gate);
        if (own->cpu == 0)
            settle();
    }
    own->which->after();
    return NULL;
}

static void two(const bench_case *which)
{
    pthread_barrier_t gate;
    pthread_t threads[2];
    pthread_barrier_init(&gate, NULL, 2);
    pair pairs[2] = { { which, &gate, 0, 1e9 }, { which, &gate, 1, 1e9 } };
    for (int i = 0; i < 2; i++)
        if (pthread_create(&threads[i], NULL, one_of_two, &pairs[i]) != 0)
            exit(2);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    print(which, "two_threads_ns", pairs[0].best > pairs[1].best ? pairs[0].best : pairs[1].best);
}

static void export_all(const bench_case *which)
{
    uint64_t before = bench_cpu_of_others_ns();
    for (size_t done = 0; done < EXPORTED; done += BENCH_BURST) {
        bench_measured(which, BENCH_BURST);
        while (in_flight() > 8000)
            nanosleep(&(struct timespec){ .tv_nsec = 50000 }, NULL);
    }
    settle();
    printf("export_w2 worker_cpu_ns %.2f\n", (double)(bench_cpu_of_others_ns() - before) / EXPORTED);
    weft_destination_stats stats = { .size = sizeof stats };
    weft_sdk_destination(sdk, 0, &stats);
    printf("export_w2 exported %llu\n", (unsigned long long)stats.exported);
}

static void wakes(const bench_case *which)
{
    weft_stats before = { .size = sizeof before }, after = { .size = sizeof after };
    weft_sdk_stats(sdk, &before);
    for (size_t done = 0; done < EXPORTED; done += BENCH_BURST)
        bench_measured(which, BENCH_BURST);
    weft_sdk_stats(sdk, &after);
    print(which, "wakes_per_1000", (double)(after.wakes - before.wakes) * 1000 / EXPORTED);
}

static const bench_case *find(const char *name)
{
    for (size_t i = 0; i < bench_case_count; i++)
        if (strcmp(bench_cases[i].name, name) == 0)
            return &bench_cases[i];
    fprintf(stderr, "no case %s\n", name);
    exit(2);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(const bench_case *which);
    } modes[] = {
        { "burst", burst }, { "sustained", sustained }, { "export", export_all }, { "wakes", wakes }, { "two", two }
    };
    if (argc != 3)
        return fprintf(stderr, "usage: weft-bench CASE burst|sustained|count|two|export|wakes\n"), 2;
    const bench_case *which = find(argv[1]);
    if (which->sdk)
        start_sdk();
    bool own_threads = strcmp(argv[2], "two") == 0;
    if (!own_threads)
        bench_pin(0); /* after the start: the worker keeps both cores, and takes the other one */
    if (which->before != NULL && !own_threads)
        which->before();
    if (strcmp(argv[2], "count") == 0) {
        which->run(64); /* first uses and the worker's first look are not what is counted */
        settle();
        which->run(64);
        bench_measured(which, BENCH_COUNTED);
    }
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
        if (strcmp(argv[2], modes[i].name) == 0)
            modes[i].run(which);
    if (which->after != NULL && !own_threads)
        which->after();
    if (which->sdk)
        weft_sdk_stop(sdk, 1000);
    bench_server_stop();
    return 0;
}
