/* A read and a write in each of 4,096 pages, in scattered order: what no small TLB holds. */
#include "work.h"

#define PAGES 4096ul

static uint8_t pages[HARTS][PAGES][4096] __attribute__((aligned(4096)));

static uint64_t work(uint64_t hart, uint64_t repetitions)
{
    uint64_t sum = hart;
    for (uint64_t round = 0; round < repetitions; round++) {
        uint64_t page = round & (PAGES - 1);
        for (uint64_t touch = 0; touch < PAGES; touch++) {
            page = (page * 1664525 + 1013904223) & (PAGES - 1);
            volatile uint64_t *word = (volatile uint64_t *)(pages[hart][page] + (page & 63) * 64);
            sum += *word + touch;
            *word = sum;
        }
    }
    return sum;
}
