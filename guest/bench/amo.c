/* Atomic operations: fetch-and-add, fetch-and-or, an LR/SC loop; each hart on a line of its own, or with SHARED all on one. */
#include "work.h"

static uint64_t counters[HARTS][64] __attribute__((aligned(512)));

static inline void add_by_reservation(uint64_t *to, uint64_t value)
{
    uint64_t old, failed;
    __asm__ volatile("1: lr.d %0, %2\n"
                     "add %1, %0, %3\n"
                     "sc.d %1, %1, %2\n"
                     "bnez %1, 1b"
                     : "=&r"(old), "=&r"(failed), "+A"(*to)
                     : "r"(value));
}

static uint64_t work(uint64_t hart, uint64_t repetitions)
{
    uint64_t sum = 0;
#ifdef SHARED
    uint64_t *counter = counters[0 * hart];
#else
    uint64_t *counter = counters[hart];
#endif
    for (uint64_t round = 0; round < repetitions; round++) {
        sum += __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED) & 1;
        sum ^= round;
        __atomic_fetch_or(counter + 1, round, __ATOMIC_RELAXED);
        add_by_reservation(counter + 2, round);
    }
    /* Who saw which value of a shared counter is anybody's; where the counters end is not. */
#ifdef SHARED
    sum = 0;
    meet();
#endif
    return sum + counter[0] + counter[1] + counter[2];
}
