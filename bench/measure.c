/* measure.c - time, CPU time, and the function that callgrind counts. */
#include "bench/bench.h"

#include <sched.h>
#include <sys/resource.h>
#include <time.h>

__attribute__((__noinline__)) void bench_measured(const bench_case *which, size_t n)
{
    which->run(n);
    __asm__ volatile("" ::: "memory");
}

uint64_t bench_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t cpu_ns(clockid_t id)
{
    struct timespec used;
    clock_gettime(id, &used);
    return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

uint64_t bench_cpu_of_others_ns(void)
{
    uint64_t own = cpu_ns(CLOCK_THREAD_CPUTIME_ID);
    return cpu_ns(CLOCK_PROCESS_CPUTIME_ID) - own;
}

void bench_pin(int cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    (void)sched_setaffinity(0, sizeof set, &set);
}
