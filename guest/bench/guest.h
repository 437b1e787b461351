/* What the benchmarks' guests share: the console, the clock, the end. They know the `virt` board and nothing of who emulates it. */
#include <stdint.h>

#define UART ((volatile uint8_t *)0x10000000)
#define FINISHER ((volatile uint32_t *)0x100000)

static inline void put(char c)
{
    while (!(UART[5] & 0x20)) {
    }
    UART[0] = c;
}

static inline void text(const char *s)
{
    while (*s)
        put(*s++);
}

static inline void number(uint64_t value)
{
    char digits[20];
    int count = 0;
    do {
        digits[count++] = '0' + value % 10;
        value /= 10;
    } while (value);
    while (count)
        put(digits[--count]);
}

/* One figure: its name and two numbers, a line. */
static inline void figure(const char *name, uint64_t first, uint64_t second)
{
    text(name);
    put(' ');
    number(first);
    put(' ');
    number(second);
    put('\n');
}

/* Ticks of 100 ns on this board. */
static inline uint64_t ticks(void)
{
    uint64_t now;
    __asm__ volatile("rdtime %0" : "=r"(now)::"memory");
    return now;
}

/* Power-off; 0 is success. */
static inline void finish(uint32_t code)
{
    *FINISHER = code ? code << 16 | 0x3333 : 0x5555;
    for (;;) {
    }
}
