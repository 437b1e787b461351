/* Integer work as compilers make it: shifts and xors, a short data-dependent loop, a bitwise checksum, a switch with divisions in it. */
#include "work.h"

static uint32_t crc32(uint32_t crc, uint32_t byte)
{
    crc ^= byte;
    for (int bit = 0; bit < 8; bit++)
        crc = crc >> 1 ^ (0xedb88320u & -(crc & 1));
    return crc;
}

static uint32_t collatz(uint64_t from)
{
    uint32_t steps = 0;
    for (; from != 1 && steps < 64; steps++)
        from = from & 1 ? 3 * from + 1 : from >> 1;
    return steps;
}

static uint64_t work(uint64_t hart, uint64_t repetitions)
{
    uint64_t random = 0x139408dcbbf7a44ul + hart, sum = 0;
    uint32_t crc = ~0u;
    for (uint64_t round = 0; round < repetitions; round++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        sum = sum * 31 + collatz((random & 0xfff) | 1);
        crc = crc32(crc, random & 0xff);
        sum ^= (sum >> 9) + (random * 0x9e3779b97f4a7c15ul >> 40);
        switch (random >> 20 & 7) {
        case 0: sum += random % 1000; break;
        case 1: sum ^= random / 37; break;
        case 2: sum -= crc; break;
        case 3: sum = sum << 5 | sum >> 59; break;
        case 4: sum += (int32_t)random * 7l; break;
        case 5: sum = ~sum; break;
        case 6: sum += random & 0x55; break;
        default: sum ^= 0x1234567; break;
        }
    }
    return sum ^ crc;
}
