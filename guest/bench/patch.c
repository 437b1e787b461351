/* Code that changes while it runs, as in a just-in-time compiler, in a kernel that traces itself, and in one that loads modules. Each turn checks what its
 * code came to, so that stale code is found; for the whole guest that is a line "WRONG".
 *
 * - A compiler writes functions, executes `fence.i`, calls them, and writes others in their place.
 * - A tracer: in a loop that every hart runs, hart 0 makes a nop into a call and back, while the others run it. Then it interrupts each of
 *   them through the CLINT, and they execute `fence.i`, as operating systems do it. Until then a hart may see either (an aligned word is fetched
 *   whole, Ziccif); after that only the new (Zifencei).
 * - Modules: code goes into pages, is run, is erased, and the pages hold other code soon.
 *
 * With STILL the same work is done by code that never changes: that says what changing costs. With PARK the other harts wait, in other code, while
 * the nop is changed: stop_machine's way, which the ISA does not ask for. */
#include "work.h"

#ifdef STILL
#define CHANGES 0
#else
#define CHANGES 1
#endif

#ifdef PARK
#define PARKS 1
#else
#define PARKS 0
#endif

#define CLINT ((volatile uint32_t *)0x02000000)
#define PATCHES 4
#define LOOPS 20000
#define FUNCTIONS 4
#define CALLS 1000
#define MODULES 2
#define PAGES 4
#define LENGTH 64

#define NOP 0x00000013u
#define RET 0x00008067u
#define ADDI(to, from, value) (((uint32_t)(value) & 0xfff) << 20 | (from) << 15 | (to) << 7 | 0x13u)
#define A0 10u
#define A1 11u
#define A2 12u
#define T0 5u

typedef uint32_t page[1024];
typedef uint64_t function(uint64_t);

static page compiled[HARTS][FUNCTIONS] __attribute__((aligned(4096)));
static page loaded[HARTS][MODULES][PAGES] __attribute__((aligned(4096)));

/* x + a sum that depends on `seed`, which is returned. */
static uint64_t write_function(uint32_t *at, uint64_t seed, int is_new)
{
    uint64_t sum = 0;
    for (uint32_t word = 0; word < LENGTH; word++) {
        uint32_t value = (seed * 37 + word * 11) & 0x3ff;
        if (is_new)
            at[word] = ADDI(A0, A0, value);
        sum += value;
    }
    if (is_new)
        at[LENGTH] = RET;
    return sum;
}

static void fence_i(void)
{
    __asm__ volatile("fence rw, rw\nfence.i" ::: "memory");
}

/* `what` is a word for the part of the guest that found it. */
static void check(const char *what, int is_right)
{
    static uint32_t is_said;
    if (is_right)
        return;
    while (__atomic_exchange_n(&is_said, 1, __ATOMIC_SEQ_CST)) {
    }
    text("WRONG ");
    text(what);
    text("\n");
    finish(9);
}

static void call(uint32_t *code, uint64_t sum)
{
    uint64_t x = 0;
    for (int again = 0; again < CALLS; again++)
        x = ((function *)code)(x);
    check("call", x == sum * CALLS);
}

static uint64_t compile(uint64_t hart, uint64_t turn, int is_new)
{
    uint64_t all = 0, sums[FUNCTIONS];
    for (int which = 0; which < FUNCTIONS; which++)
        sums[which] = write_function(compiled[hart][which], turn * FUNCTIONS + which, is_new);
    if (is_new)
        fence_i();
    for (int which = 0; which < FUNCTIONS; which++) {
        call(compiled[hart][which], sums[which]);
        all += sums[which];
    }
    return all;
}

static uint64_t load_modules(uint64_t hart, uint64_t turn, int is_new)
{
    uint64_t all = 0;
    for (int module = 0; module < MODULES; module++) {
        uint64_t sums[PAGES], place = (turn * 48 + module * 16) % (1024 - LENGTH - 1);
        page *pages = loaded[hart][module];
        for (int each = 0; each < PAGES; each++)
            sums[each] = write_function(pages[each] + place, turn + each * 5 + module, is_new);
        if (is_new)
            fence_i();
        for (int each = 0; each < PAGES; each++) {
            call(pages[each] + place, sums[each]);
            all = all * 3 + sums[each];
        }
        for (int each = 0; CHANGES && each < PAGES; each++)
            for (int word = 0; word < 1024; word++)
                pages[each][word] = 0;
    }
    return all;
}

/* `count` times through the loop; the second result is how often the call was made. */
static page traced __attribute__((aligned(4096)));
#define SITE 2

static void write_loop(void)
{
    static const uint32_t code[] = {
        ADDI(A2, A0, 0),
        ADDI(A0, 0u, 0),
        NOP, /* SITE */
        ADDI(A0, A0, 1),
        ADDI(A2, A2, -1),
        0xfe061ae3u, /* bnez a2, SITE */
        RET,
        ADDI(A1, A1, 1), /* what is called */
        T0 << 15 | 0x67u, /* jr t0 */
    };
    for (uint64_t word = 0; word < sizeof code / 4; word++)
        traced[word] = code[word];
}

/* jal t0, from SITE to what is called. */
#define CALL_IT (((7 - SITE) * 4) << 20 | T0 << 7 | 0x6fu)

static uint64_t run_loop(void)
{
    register uint64_t a0 __asm__("a0") = LOOPS;
    register uint64_t a1 __asm__("a1") = 0;
    __asm__ volatile("jalr ra, %2" : "+r"(a0), "+r"(a1) : "r"(traced) : "ra", "t0", "a2", "memory");
    check("loop", a0 == LOOPS);
    return a1;
}

/* Patches by their numbers: begun; in memory, and fenced for by hart 0; fenced for by everybody. The odd ones make the call. */
static uint64_t begun, written, done;
/* Of each hart: the last patch it has seen begun, and the last it has fenced for. They are stored, not counted: an interrupt may come again. */
static uint64_t parked[HARTS], fenced[HARTS];

static uint64_t load(uint64_t *from)
{
    return __atomic_load_n(from, __ATOMIC_SEQ_CST);
}

static void store(uint64_t *to, uint64_t value)
{
    __atomic_store_n(to, value, __ATOMIC_SEQ_CST);
}

/* The CLINT's registers are outputs, not memory. */
static void fence_devices(void)
{
    __asm__ volatile("fence iorw, iorw" ::: "memory");
}

__attribute__((interrupt("machine"), aligned(4))) static void on_interrupt(void)
{
    uint64_t cause, hart;
    __asm__ volatile("csrr %0, mcause" : "=r"(cause));
    __asm__ volatile("csrr %0, mhartid" : "=r"(hart));
    if (cause != (1ul << 63 | 3))
        __asm__ volatile("j unexpected");
    CLINT[hart] = 0;
    fence_devices();
    uint64_t now = load(&begun);
    store(&parked[hart], now);
    while (PARKS && load(&written) < now) {
    }
    now = load(&written);
    fence_i();
    store(&fenced[hart], now);
}

static void interrupt_others(void)
{
    fence_devices();
    for (int other = 1; other < HARTS; other++)
        CLINT[other] = 1;
}

static void wait_for_others(uint64_t *theirs, uint64_t now)
{
    for (int other = 1; other < HARTS; other++)
        while (load(&theirs[other]) < now) {
        }
}

static void patch(void)
{
    uint64_t now = begun + 1;
    store(&begun, now);
    if (PARKS) {
        interrupt_others();
        wait_for_others(parked, now);
    }
    __atomic_store_n(&traced[SITE], now & 1 ? CALL_IT : NOP, __ATOMIC_SEQ_CST);
    fence_i();
    store(&written, now);
    if (!PARKS)
        interrupt_others();
    wait_for_others(fenced, now);
    store(&done, now);
}

static void trace(uint64_t hart)
{
    for (int turn = 0; turn < PATCHES; turn++) {
        if (CHANGES && hart == 0)
            patch();
        uint64_t before = load(&done);
        uint64_t calls = run_loop();
        uint64_t after = load(&begun);
        check("calls", calls <= LOOPS);
        if (before == after)
            check("stale", calls == (before & 1 ? LOOPS : 0));
    }
}

static uint64_t work(uint64_t hart, uint64_t repetitions)
{
    uint64_t sum = hart;
    if (hart == 0)
        write_loop();
    meet();
    fence_i();
    __asm__ volatile("csrw mtvec, %0" ::"r"(on_interrupt));
    __asm__ volatile("csrw mie, %0\ncsrs mstatus, %0" ::"r"(8ul));
    for (uint64_t round = 0; round < repetitions; round++) {
        int is_new = CHANGES || round == 0;
        uint64_t turn = CHANGES ? round : 0;
        sum = sum * 31 + compile(hart, turn, is_new);
        sum = sum * 31 + load_modules(hart, turn, is_new);
        trace(hart);
    }
    return sum;
}
