/* The frame of the harts' workloads: each defines `work(hart, repetitions)`, which every hart does at once: in machine mode, or with SV39 in
 * supervisor mode, where RAM is in 4-KiB pages and the devices are in superpages.
 *
 * Lines: "checksum SUM [SUM]" (of each hart; the same on every right emulator), "instructions N" (of hart 0, as far as minstret counts
 * them), "DONE". */
#include <stddef.h>

#include "guest.h"

static uint64_t work(uint64_t hart, uint64_t repetitions);

/* Waits until every hart has come here as often as this one. */
static inline void meet(void)
{
    static uint32_t arrived;
    uint32_t before = __atomic_fetch_add(&arrived, 1, __ATOMIC_ACQ_REL);
    uint32_t all = (before / HARTS + 1) * HARTS;
    while (__atomic_load_n(&arrived, __ATOMIC_ACQUIRE) < all) {
    }
}

/* An environment call is taken, and returned from behind itself. With 1 in a7 it has machine mode without paging from there on. Any other
 * trap is a mistake. */
__attribute__((naked, aligned(4))) static void on_trap(void)
{
    __asm__("csrw mscratch, t0\n"
            "csrr t0, mcause\n"
            "addi t0, t0, -9\n" /* from S it is 9, from M 11 */
            "andi t0, t0, -3\n"
            "bnez t0, unexpected\n"
            "bnez a7, 2f\n"
            "1: csrr t0, mepc\n"
            "addi t0, t0, 4\n"
            "csrw mepc, t0\n"
            "csrr t0, mscratch\n"
            "mret\n"
            "2: li t0, 0x1800\n"
            "csrs mstatus, t0\n"
            "csrw satp, zero\n"
            "sfence.vma\n"
            "j 1b\n");
}

/* `function` is 0 but for the frame's own way out of supervisor mode. */
static inline void environment_call(uint64_t function)
{
    register uint64_t a7 __asm__("a7") = function;
    __asm__ volatile(".option push\n.option norvc\necall\n.option pop" ::"r"(a7) : "memory");
}

#ifdef SV39
#define RAM 0x80000000ul
#define LEAVES 32 /* of 2 MiB each */
#define POINTER 0x01ul
#define RAM_PAGE 0xcful /* D A X W R V */
#define DEVICES 0xc7ul  /* D A W R V */

static uint64_t root[512] __attribute__((aligned(4096)));
static uint64_t middle[512] __attribute__((aligned(4096)));
static uint64_t leaves[LEAVES][512] __attribute__((aligned(4096)));

/* Addresses stay what they are. */
static void map(void)
{
    for (uint64_t leaf = 0; leaf < LEAVES; leaf++) {
        for (uint64_t page = 0; page < 512; page++)
            leaves[leaf][page] = (RAM + (leaf << 21) + (page << 12)) >> 2 | RAM_PAGE;
        middle[leaf] = (uint64_t)leaves[leaf] >> 2 | POINTER;
    }
    root[0] = DEVICES;
    root[1] = 0x40000000ul >> 2 | DEVICES;
    root[2] = (uint64_t)middle >> 2 | POINTER;
}

static uint64_t run(uint64_t hart)
{
    uint64_t satp = 8ul << 60 | (uint64_t)root >> 12;
    uint64_t mpp = 0x1800, supervisor = 0x0800, to;
    __asm__ volatile("csrw satp, %1\n"
                     "sfence.vma\n"
                     "csrc mstatus, %2\n"
                     "csrs mstatus, %3\n"
                     "la %0, 1f\n"
                     "csrw mepc, %0\n"
                     "mret\n"
                     "1:"
                     : "=&r"(to)
                     : "r"(satp), "r"(mpp), "r"(supervisor)
                     : "memory");
    uint64_t sum = work(hart, REPETITIONS);
    environment_call(1);
    return sum;
}
#else
static void map(void)
{
}

static uint64_t run(uint64_t hart)
{
    return work(hart, REPETITIONS);
}
#endif

static inline uint64_t instructions(void)
{
    uint64_t count;
    __asm__ volatile("csrr %0, minstret" : "=r"(count)::"memory");
    return count;
}

void hart_main(uint64_t hart)
{
    static uint64_t sums[HARTS];
    __asm__ volatile("csrw mtvec, %0" ::"r"(on_trap));
    if (hart == 0)
        map();
    meet();
    uint64_t before = instructions();
    sums[hart] = run(hart);
    uint64_t after = instructions();
    meet();
    while (hart != 0)
        __asm__ volatile("wfi");
    text("checksum");
    for (int other = 0; other < HARTS; other++) {
        put(' ');
        number(sums[other]);
    }
    text("\ninstructions ");
    number(after - before);
    text("\nDONE\n");
    finish(0);
}
