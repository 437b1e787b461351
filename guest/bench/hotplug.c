/* How long a device's register takes to read, a BAR to move, and another hart to see it moved: on a board whose bus 0 is full of `edu`
 * functions (1234:11e8, a BAR 0 of 1 MiB whose first register reads 0x010000ed).
 *
 * Lines: "functions N 0", "read TICKS READS", "write TICKS WRITES" (a move each, by hart 0 alone), and with two harts "seen TICKS 0" for
 * each move, from before the configuration write until the other hart has read the register at its new address. */
#include "guest.h"

#define ECAM 0x30000000ul
#define WINDOW 0x40000000ul
#define FREE 0x60000000ul
#define BAR_SIZE 0x100000ul
#define IDENTIFICATION 0x010000edu
#define READS 500000
#define MOVES 2000
#define SEEN 1500

static volatile uint32_t *config(unsigned function, unsigned offset)
{
    return (volatile uint32_t *)(ECAM + function * 4096ul + offset);
}

static uint32_t load(uint64_t address)
{
    return *(volatile uint32_t *)address;
}

/* Gives every function its BAR, and returns how many there are; `last` is the one that moves. */
static unsigned set_up(unsigned *last)
{
    unsigned found = 0;
    for (unsigned function = 0; function < 256; function++) {
        if (*config(function, 0) != 0x11e81234u)
            continue;
        *config(function, 0x10) = WINDOW + found * BAR_SIZE;
        *config(function, 4) = 2;
        if (load(WINDOW + found * BAR_SIZE) != IDENTIFICATION)
            finish(2);
        *last = function;
        found++;
    }
    return found;
}

#if HARTS > 1
static volatile uint64_t wanted;
static volatile uint64_t watching;
static volatile uint64_t seen;

/* The other hart: reads where the register is to come until it is there. */
static void watch(void)
{
    uint64_t last = 0;
    for (;;) {
        uint64_t address;
        do
            address = __atomic_load_n(&wanted, __ATOMIC_ACQUIRE);
        while (address == last);
        last = address;
        if (load(address) == IDENTIFICATION)
            finish(3);
        __atomic_store_n(&watching, address, __ATOMIC_RELEASE);
        while (load(address) != IDENTIFICATION) {
        }
        __atomic_store_n(&seen, ticks(), __ATOMIC_RELEASE);
    }
}

static uint64_t one_move(unsigned function, uint64_t to)
{
    __atomic_store_n(&seen, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&wanted, to, __ATOMIC_RELEASE);
    while (__atomic_load_n(&watching, __ATOMIC_ACQUIRE) != to) {
    }
    uint64_t start = ticks(), end;
    *config(function, 0x10) = to;
    do
        end = __atomic_load_n(&seen, __ATOMIC_ACQUIRE);
    while (!end);
    return end - start;
}
#endif

void hart_main(uint64_t hart)
{
#if HARTS > 1
    if (hart != 0)
        watch();
#else
    (void)hart;
#endif
    unsigned last = 0;
    unsigned found = set_up(&last);
    figure("functions", found, 0);
    if (!found)
        finish(4);
    uint64_t home = WINDOW + (found - 1) * BAR_SIZE;
#if HARTS > 1
    static uint64_t took[SEEN];
    for (int move = 0; move < SEEN; move++)
        took[move] = one_move(last, move & 1 ? home : FREE);
    for (int move = 0; move < SEEN; move++)
        figure("seen", took[move], 0);
#else
    for (int round = 0; round < 5; round++) {
        uint64_t start = ticks();
        for (int read = 0; read < READS; read++)
            load(home);
        figure("read", ticks() - start, READS);
    }
    for (int round = 0; round < 5; round++) {
        uint64_t start = ticks();
        for (int move = 0; move < MOVES; move++)
            *config(last, 0x10) = move & 1 ? home : FREE;
        figure("write", ticks() - start, MOVES);
        if (load(home) != IDENTIFICATION)
            finish(5);
    }
#endif
    text("DONE\n");
    finish(0);
}
