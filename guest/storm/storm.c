/* The worker of `manyhart stress --guest debian`: a process of an unmodified Linux guest, one a hart, that reads and writes the BARs of PCI
 * functions while the host plugs, moves, resizes, swaps, hides and removes them, and judges every value.
 *
 * The rule is the one of ../stress/stress.S: of each slot, two pages of bus addresses, the tables say what was there epoch by epoch; *done* is
 * read before the accesses of a visit and *started* after, and what was read must be what was there in one of the epochs between, in an order
 * that never goes back. The tables are memory of their own that Linux knows nothing of; they have the layout of that guest's, at TABLES in
 * place of 0x80000000 (src/stress/layout.rs holds the same numbers). Slots and tables are mapped from /dev/mem where they are physically, so
 * that an address is an address.
 *
 * storm HART */
#include <stdint.h>

typedef uint64_t u64;
typedef uint32_t u32;

#define TABLES 0xa0000000ul
#define TABLES_SIZE 0x1000000ul
#define PARAMS (TABLES + 0x100000)
#define STATS (TABLES + 0x110000)
#define STATS_SHIFT 9
#define LATENCY (TABLES + 0x240000)
#define LATENCY_SHIFT 14
#define LINEAR 0x400
#define CONTROL (TABLES + 0x400000)
#define RING (TABLES + 0x800000)
#define RING_LENGTH 0x80ul
#define ACCESSES 0x20
#define SCRATCH 0xc00
#define MAX_SLOTS 320
#define DRAWS 32
#define PAUSES 8

/* Of the parameters, as words. */
enum { P_HARTS = 0, P_SLOTS = 1, P_SLOT_COUNT = 2, P_STOP = 7, P_VISITS = 10, P_SEED = 11 };
/* Of a hart's statistics, as words. */
enum {
    S_ROUNDS = 0, S_RAM = 1, S_CHANGED = 2, S_STILL = 3, S_UNJUDGED = 4, S_EPOCHS = 5, S_ABSENT = 6, S_WRITES = 8,
    S_ERRORS = 14, S_ERROR_KIND = 15, S_EXPECTED = 16, S_GOT = 17, S_ADDRESS = 18, S_LOWER = 19, S_UPPER = 20,
    S_FINISHED = 21, S_WHERE = 22, S_SLOT = 23,
};
/* What an epoch showed, as words: each page, and for each how often its function had ended, and where that is counted. */
enum { R_FLAGS = 3, R_ENDS = 4 };
enum { CHECK_RAM = 1, CHECK_SLOT = 2, CHECK_WRITE = 4 };

static u64 hart, state;
static volatile u64 *statistics;
static volatile u64 *const parameters = (volatile u64 *)PARAMS;
static u64 seen[MAX_SLOTS];
static u64 ram[4096];
static struct { u64 offset, value; } buffer[ACCESSES];

static long system_call(long number, long a, long b, long c, long d, long e, long f)
{
    register long a0 __asm__("a0") = a;
    register long a1 __asm__("a1") = b;
    register long a2 __asm__("a2") = c;
    register long a3 __asm__("a3") = d;
    register long a4 __asm__("a4") = e;
    register long a5 __asm__("a5") = f;
    register long a7 __asm__("a7") = number;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a7) : "memory");
    return a0;
}

enum { SYS_OPENAT = 56, SYS_WRITE = 64, SYS_EXIT = 93, SYS_YIELD = 124, SYS_MMAP = 222 };

static void leave(const char *why)
{
    long length = 0;
    while (why[length])
        length++;
    system_call(SYS_WRITE, 2, (long)why, length, 0, 0, 0);
    system_call(SYS_EXIT, length != 0, 0, 0, 0, 0, 0);
    __builtin_unreachable();
}

/* Maps physical addresses at themselves. */
static void map(long file, u64 address, u64 size)
{
    const long read_and_write = 3, shared_and_fixed = 0x11;
    if (system_call(SYS_MMAP, (long)address, (long)size, read_and_write, shared_and_fixed, file, (long)address) != (long)address)
        leave("storm: /dev/mem does not map\n");
}

static u64 random_word(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static u64 ticks(void)
{
    u64 now;
    __asm__ volatile("rdtime %0" : "=r"(now)::"memory");
    return now;
}

#define FENCE() __asm__ volatile("fence rw, rw" ::: "memory")

static void count(int word, u64 by)
{
    statistics[word] += by;
}

static void wrong(u64 kind, u64 expected, u64 got, u64 address, u64 lower, u64 upper)
{
    if (statistics[S_ERRORS] == 0) {
        statistics[S_ERROR_KIND] = kind;
        statistics[S_EXPECTED] = expected;
        statistics[S_GOT] = got;
        statistics[S_ADDRESS] = address;
        statistics[S_LOWER] = lower;
        statistics[S_UPPER] = upper;
    }
    count(S_ERRORS, 1);
}

static volatile u64 *control(u64 slot)
{
    return (volatile u64 *)(CONTROL + (slot << 6));
}

static volatile u64 *entry(u64 slot, u64 epoch)
{
    return (volatile u64 *)(RING + (slot << 13) + ((epoch & (RING_LENGTH - 1)) << 6));
}

/* What the two words at this offset of a page have in their low bytes. */
static u64 pattern(u64 offset)
{
    u64 low = offset >> 2 & 0xff;
    return low | (low + 1) << 32;
}

/* A slot that has changed since this hart's last visit, if a few draws find one. */
static u64 choose(void)
{
    u64 slot = 0;
    for (int pause = 0; pause < PAUSES; pause++) {
        for (int draw = 0; draw < DRAWS; draw++) {
            slot = (random_word() >> 20) % parameters[P_SLOT_COUNT];
            if (seen[slot] != control(slot)[0])
                return slot;
        }
        system_call(SYS_YIELD, 0, 0, 0, 0, 0, 0);
    }
    return slot;
}

/* Whether this is what the page held in that epoch, or may be said by a device that failed or went in the middle of the access. */
static int explains(volatile u64 *epoch, u64 page, u64 offset, u64 value)
{
    if ((epoch[page] | pattern(offset)) == value)
        return 1;
    volatile u64 *ends = (volatile u64 *)epoch[R_ENDS + 2 * page];
    return value == ~0ul && ends && *ends != epoch[R_ENDS + 2 * page + 1];
}

/* One page that stood still: how long its registers took, and a word of this hart's written and read back. */
static void stood_still(u64 slot, u64 at, u64 page, u64 epoch, u64 duration)
{
    u64 flags = entry(slot, epoch)[R_FLAGS];
    if (flags >> page & 1) {
        u64 counter = duration;
        if (duration >= LINEAR)
            for (counter = LINEAR - 10; duration; duration >>= 1)
                counter++;
        ((volatile u64 *)(LATENCY + (hart << LATENCY_SHIFT)))[counter]++;
    }
    if (flags >> page & 4) {
        volatile u64 *word = (volatile u64 *)(at + (page << 12) + SCRATCH + 8 * hart);
        *word = state;
        u64 got = *word;
        FENCE();
        if (control(slot)[1] != epoch)
            return;
        if (got != state)
            wrong(CHECK_WRITE, state, got, (u64)word, epoch, epoch);
        else
            count(S_WRITES, 1);
    }
}

static void visit(void)
{
    u64 slot = choose();
    statistics[S_SLOT] = slot;
    u64 at = parameters[P_SLOTS] + (slot << 13);
    u64 both = random_word() >> 63, page = random_word() >> 63;
    u64 lower = control(slot)[0];
    FENCE();
    u64 start = ticks();
    for (int access = 0; access < ACCESSES; access++) {
        u64 draw = random_word() >> 24;
        u64 offset = (draw & 0x7f8) | (both ? draw >> 12 & 1 : page) << 12;
        buffer[access].offset = offset;
        buffer[access].value = *(volatile u64 *)(at + offset);
    }
    u64 duration = ticks() - start;
    FENCE();
    u64 upper = control(slot)[1];
    FENCE();
    if (upper - lower >= RING_LENGTH) {
        count(S_UNJUDGED, ACCESSES);
        return;
    }
    u64 epoch = lower, absent = 0;
    for (int access = 0; access < ACCESSES; access++) {
        u64 offset = buffer[access].offset, value = buffer[access].value;
        while (!explains(entry(slot, epoch), offset >> 12, offset, value)) {
            if (epoch == upper) {
                u64 expected = entry(slot, epoch)[offset >> 12] | pattern(offset);
                FENCE();
                if (control(slot)[1] - lower >= RING_LENGTH)
                    count(S_UNJUDGED, ACCESSES);
                else
                    wrong(CHECK_SLOT, expected, value, at + offset, lower, upper);
                return;
            }
            epoch++;
        }
        absent += value == ~0ul;
    }
    /* All explained. The entries were still those of these epochs? */
    FENCE();
    if (control(slot)[1] - lower >= RING_LENGTH) {
        count(S_UNJUDGED, ACCESSES);
        return;
    }
    count(seen[slot] == epoch ? S_STILL : S_CHANGED, ACCESSES);
    count(S_EPOCHS, seen[slot] != epoch);
    count(S_ABSENT, absent);
    seen[slot] = epoch;
    if (!both && lower == upper)
        stood_still(slot, at, page, lower, duration);
}

static void check_ram(u64 round)
{
    const u64 words = sizeof ram / sizeof ram[0];
    for (u64 word = 0; word < words; word++)
        if (round && ram[word] != (round - 1) * 0x9e3779b97f4a7c15ul + word)
            wrong(CHECK_RAM, (round - 1) * 0x9e3779b97f4a7c15ul + word, ram[word], (u64)&ram[word], 0, 0);
    for (u64 word = 0; word < words; word++)
        ram[word] = round * 0x9e3779b97f4a7c15ul + word;
    count(S_RAM, words);
}

__attribute__((used)) static void begin(const u64 *stack)
{
    const char *argument = stack[0] > 1 ? (const char *)stack[2] : "";
    for (; *argument >= '0' && *argument <= '9'; argument++)
        hart = 10 * hart + (u64)(*argument - '0');
    const long here = -100, read_and_write_synchronously = 04010002;
    long file = system_call(SYS_OPENAT, here, (long)"/dev/mem", read_and_write_synchronously, 0, 0, 0);
    if (file < 0)
        leave("storm: /dev/mem does not open\n");
    map(file, TABLES, TABLES_SIZE);
    if (hart >= parameters[P_HARTS])
        leave("storm: there is no such hart\n");
    map(file, parameters[P_SLOTS], parameters[P_SLOT_COUNT] << 13);
    statistics = (volatile u64 *)(STATS + (hart << STATS_SHIFT));
    state = (parameters[P_SEED] + (hart + 1) * 0x9e3779b97f4a7c15ul) | 1;
    for (u64 round = 0; !parameters[P_STOP]; round++) {
        statistics[S_WHERE] = CHECK_RAM;
        check_ram(round);
        statistics[S_WHERE] = CHECK_SLOT;
        for (u64 visits = parameters[P_VISITS]; visits; visits--)
            visit();
        count(S_ROUNDS, 1);
    }
    statistics[S_FINISHED] = 1;
    leave("");
}

__asm__(".globl _start\n_start:\n  mv a0, sp\n  andi sp, sp, -16\n  tail begin\n");
