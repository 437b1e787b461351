/* Reads of a device's register: the UART's line status. */
#include "work.h"

static uint64_t work(uint64_t hart, uint64_t repetitions)
{
    uint64_t sum = hart;
    for (uint64_t round = 0; round < repetitions; round++)
        sum += UART[5];
    return sum;
}
