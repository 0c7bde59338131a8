/* bench.h - one measured operation, and the ways of measuring it. */
#ifndef WEFT_BENCH_BENCH_H
#define WEFT_BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct bench_case {
    const char *name;
    bool sdk;              /* needs a running SDK */
    void (*before)(void);  /* once, may be NULL */
    void (*run)(size_t n); /* n operations */
    void (*after)(void);
} bench_case;

extern const bench_case bench_cases[];
extern const size_t bench_case_count;

enum { BENCH_BURST = 2000, BENCH_COUNTED = 400 };

/* The operations run inside this function alone, which callgrind is told to count. */
void bench_measured(const bench_case *which, size_t n);
uint64_t bench_ns(void);
uint64_t bench_cpu_of_others_ns(void); /* CPU time of all threads but the calling one */
void bench_pin(int cpu);
/* A server on loopback that answers every request with 200 and an empty body, in a child process. */
int bench_server_start(void); /* its port, or -1 */
void bench_server_stop(void);

#endif
