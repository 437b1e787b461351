# The built-in guest of `manyhart`: every hart hammers RAM and device windows with self-checking patterns while the host
# adds, moves and removes those windows under it.
#
# The host writes the parameter block before it starts the harts; `src/builtin/layout.rs` holds the same numbers.
# A check that fails writes what it expected, what it got and where, and counts an error: it never stops the run by itself.
#
# Besides the registers of ../common.inc: s5 round  s6 bank now selected
# s7 sequence number of the last message to the next hart  s8 last message seen from the previous hart
# s10 table of newest epochs seen, by identity

.include "common.inc"
.equ P_PAIR,          0x08        # two adjacent pages whose contents swap places in one transaction
.equ P_SLOTS,         0x10        # device windows, two to a pair
.equ P_SLOT_PAIRS,    0x18        # how many pairs of positions
.equ P_BANK_CONTROL,  0x20        # one 8-byte register a hart: writing selects the bank its window shows
.equ P_BANK_WINDOW,   0x28        # one page a hart
.equ P_BANK_STABLE,   0x30        # two pages a hart: each bank at a place that never changes
.equ P_STOP,          0x38        # not zero: finish
.equ P_COUNTER,       0x40        # every hart adds one a round
.equ P_DONE,          0x48        # harts that have finished
.equ P_WORD_A,        0x50        # the 32-bit word that fills the one page of the pair ...
.equ P_WORD_B,        0x58        # ... and the other

.equ STATS_SHIFT,     0x8
.equ S_ROUNDS,        0x00
.equ S_RAM,           0x08
.equ S_TEAR,          0x10
.equ S_EPOCH,         0x18
.equ S_BANK,          0x20
.equ S_CROSS,         0x28
.equ S_FAULTS,        0x30
.equ S_ERRORS,        0x38
.equ S_ERROR_KIND,    0x40        # of the first error: 1 RAM 2 tear 3 epoch 4 bank 5 cross 6 counter 7 unexpected trap
.equ S_EXPECTED,      0x48
.equ S_GOT,           0x50
.equ S_ADDRESS,       0x58
.equ S_FINISHED,      0x60

.equ MESSAGES,        0x80120000  # + hart << 6: sequence, value, acknowledged
.equ M_SEQUENCE,      0x00
.equ M_VALUE,         0x08
.equ M_ACKNOWLEDGED,  0x10
.equ EPOCHS,          0x80130000  # + hart << 9: 64 identities

.section .text
.globl _start
_start:
    enter_guest
    li      s10, EPOCHS
    slli    t0, s0, 9
    add     s10, s10, t0
    li      s5, 0
    li      s6, 0
    li      s7, 0
    li      s8, 0

round:
    ld      t0, P_STOP(s1)
    bnez    t0, finish
    next_random

# 1. RAM: eight words written and read back, and one addition that all harts share.
    check_ram

# 2. Tear: one load across the border of two pages that the host swaps in one transaction. It may see either order or, while
# the pair is away, a fault; it may not see one page twice.
    ld      t1, P_PAIR(s1)
    li      t2, 0xffc
    add     t1, t1, t2
    li      s11, 0
    ld      t2, 0(t1)
    bnez    s11, tear_done
    slli    t3, t2, 32
    srli    t3, t3, 32          # the word below the border
    srli    t4, t2, 32          # the word above it
    ld      t5, P_WORD_A(s1)
    ld      t6, P_WORD_B(s1)
    add     a5, t5, t6
    add     a6, t3, t4
    bne     a5, a6, 1f
    beq     t3, t5, 2f
    beq     t3, t6, 2f
1:  slli    a5, t6, 32
    or      a5, a5, t5
    fail    2, a5, t2, t1
2:  count   S_TEAR
tear_done:

# 3. Epochs: a device answers identity << 48 | epoch. The epoch of one device never goes back; the two devices of a pair get
# theirs in one transaction, so the second, read later, is never the older one.
    ld      t0, P_SLOT_PAIRS(s1)
    srli    t1, s4, 20
    remu    t1, t1, t0
    slli    t1, t1, 13
    ld      t0, P_SLOTS(s1)
    add     t1, t1, t0
    li      s11, 0
    ld      t2, 8(t1)
    bnez    s11, epoch_done
    li      t3, 0x1000
    add     t1, t1, t3
    ld      t4, 8(t1)
    bnez    s11, epoch_done
    srli    a5, t2, 48
    srli    a6, t4, 48
    slli    t2, t2, 16
    srli    t2, t2, 16
    slli    t4, t4, 16
    srli    t4, t4, 16
    slli    a7, a5, 3
    add     a7, a7, s10
    ld      t5, 0(a7)
    sd      t2, 0(a7)
    bgeu    t2, t5, 1f
    fail    3, t5, t2, t1
1:  slli    a7, a6, 3
    add     a7, a7, s10
    ld      t5, 0(a7)
    sd      t4, 0(a7)
    bgeu    t4, t5, 2f
    fail    3, t5, t4, t1
2:  xori    a5, a5, 1
    bne     a5, a6, 3f          # another pair has come in between
    bgeu    t4, t2, 3f
    fail    3, t2, t4, t1
3:  count   S_EPOCH
epoch_done:

# 4. Bank: this hart's own write to the control register changes what its window shows; its very next store must land there.
# Not while a message to the next hart is unread: that one looks at the window too.
    slli    t0, s0, 6
    li      a5, MESSAGES
    add     a5, a5, t0          # a5: this hart's message
    ld      t0, M_ACKNOWLEDGED(a5)
    bne     t0, s7, bank_done
    ld      t1, P_BANK_CONTROL(s1)
    slli    t0, s0, 3
    add     t1, t1, t0
    srli    s6, s4, 33
    andi    s6, s6, 1
    sd      s6, 0(t1)
    srli    t2, s4, 40
    andi    t2, t2, 0xff
    slli    t2, t2, 3           # offset in the page
    ld      t1, P_BANK_WINDOW(s1)
    slli    t0, s0, 12
    add     t1, t1, t0
    add     t3, t1, t2
    sd      s4, 0(t3)
    ld      t4, P_BANK_STABLE(s1)
    slli    t0, s0, 1
    add     t0, t0, s6
    slli    t0, t0, 12
    add     t4, t4, t0
    add     t4, t4, t2
    ld      t5, 0(t4)
    beq     t5, s4, 1f
    fail    4, s4, t5, t4
1:  count   S_BANK

# 5. Cross, the sender's half: tell the next hart, by the ISA's fences, what it will find in this window.
    ld      t0, P_HARTS(s1)
    li      t2, 2
    bltu    t0, t2, bank_done
    sd      s4, 0(t1)
    sd      s4, M_VALUE(a5)
    addi    s7, s7, 1
    fence   rw, rw
    sd      s7, M_SEQUENCE(a5)
bank_done:

# ... and the receiver's half: what the previous hart has announced must be there.
    ld      t0, P_HARTS(s1)
    li      t2, 2
    bltu    t0, t2, cross_done
    add     t1, s0, t0
    addi    t1, t1, -1
    remu    t1, t1, t0          # the previous hart
    slli    t2, t1, 6
    li      a5, MESSAGES
    add     a5, a5, t2
    ld      t3, M_SEQUENCE(a5)
    beq     t3, s8, cross_done
    fence   rw, rw
    ld      t4, P_BANK_WINDOW(s1)
    slli    t1, t1, 12
    add     t4, t4, t1
    ld      t5, M_VALUE(a5)
    ld      t6, 0(t4)
    beq     t5, t6, 1f
    fail    5, t5, t6, t4
1:  mv      s8, t3
    fence   rw, rw
    sd      s8, M_ACKNOWLEDGED(a5)
    count   S_CROSS
cross_done:

    addi    s5, s5, 1
    sd      s5, S_ROUNDS(s2)
    j       round

.balign 4
trap:
    csrr    s9, mcause
    j       exception
    routines
