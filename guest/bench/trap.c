/* Round trips into the trap handler of machine mode and back: from machine mode or, under Sv39, from supervisor mode. */
#include "work.h"

static uint64_t work(uint64_t hart, uint64_t repetitions)
{
    uint64_t sum = hart;
    for (uint64_t round = 0; round < repetitions; round++) {
        environment_call(0);
        sum += round;
    }
    return sum;
}
