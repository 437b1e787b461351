/* Memory: 4 MiB filled, copied, chased through by pointers; 256 KiB sorted; a loop over bytes. */
#include "work.h"

#define BYTES (4ul << 20)
#define WORDS (BYTES / 8)
#define SORTED (1ul << 16) /* values of 4 bytes */

static uint64_t source[HARTS][WORDS] __attribute__((aligned(4096)));
static uint64_t target[HARTS][WORDS] __attribute__((aligned(4096)));

/* As C libraries do it: aligned, a cache line a turn. */
static void fill(uint64_t *to, uint64_t byte)
{
    uint64_t word = (byte & 0xff) * 0x0101010101010101ul;
    for (uint64_t *end = to + WORDS; to < end; to += 8) {
        to[0] = word;
        to[1] = word;
        to[2] = word;
        to[3] = word;
        to[4] = word;
        to[5] = word;
        to[6] = word;
        to[7] = word;
    }
}

static void copy(uint64_t *to, const uint64_t *from)
{
    for (uint64_t *end = to + WORDS; to < end; to += 4, from += 4) {
        uint64_t a = from[0], b = from[1], c = from[2], d = from[3];
        to[0] = a;
        to[1] = b;
        to[2] = c;
        to[3] = d;
    }
}

static void sort(uint32_t *values, long low, long high)
{
    while (low < high) {
        uint32_t pivot = values[(low + high) / 2];
        long left = low, right = high;
        while (left <= right) {
            while (values[left] < pivot)
                left++;
            while (values[right] > pivot)
                right--;
            if (left <= right) {
                uint32_t value = values[left];
                values[left++] = values[right];
                values[right--] = value;
            }
        }
        /* The stack stays short: the larger part is the loop's. */
        if (right - low < high - left) {
            sort(values, low, right);
            low = left;
        } else {
            sort(values, left, high);
            high = right;
        }
    }
}

static uint64_t work(uint64_t hart, uint64_t repetitions)
{
    uint64_t *from = source[hart], *to = target[hart];
    uint64_t sum = 0, random = 12345 + hart;
    for (uint64_t round = 0; round < repetitions; round++) {
        fill(from, round + 1);
        copy(to, from);
        sum += to[round % WORDS];

        /* One cycle through all words, by a generator of full period. */
        for (uint64_t word = 0; word < WORDS; word++)
            to[word] = (word * 1664525 + 1013904223) & (WORDS - 1);
        uint64_t place = round & (WORDS - 1);
        for (uint64_t step = 0; step < WORDS; step++)
            place = to[place];
        sum = sum * 31 + place;

        uint32_t *values = (uint32_t *)from;
        for (uint64_t value = 0; value < SORTED; value++) {
            random = random * 6364136223846793005ul + 1442695040888963407ul;
            values[value] = random >> 33;
        }
        sort(values, 0, SORTED - 1);
        for (uint64_t value = 1; value < SORTED; value += 4096)
            sum += values[value] >= values[value - 1] ? values[value] : ~0u;

        uint8_t *bytes = (uint8_t *)to;
        for (uint64_t byte = 0; byte < 65536; byte++)
            bytes[byte * 3] += bytes[byte] + byte;
        sum += bytes[777];
    }
    return sum;
}
