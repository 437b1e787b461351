# The guest of `manyhart stress`: every hart reads and writes the BARs of functions that the host plugs, moves, resizes, swaps, hides and
# removes meanwhile, moves a function of its own, and tells the next hart of that.
#
# A *slot* is two pages of bus addresses. Of each slot the host keeps an epoch that rises by one with each change of what is there, and for
# the last RING_LENGTH epochs what was there (RING). It writes an epoch's entry and *started* before it commits the change and *done* after.
# A hart reads done, accesses the slot, and reads started: what it got must be what was there in one of the epochs from done to started, and
# the epochs of accesses that follow on one another never go back.
#
# What a page holds says what it is: each 32-bit word is the page's identity with bits 9 to 2 of the word's address in the low byte. Where
# nothing is, all bits are ones; an access that faults counts as FAULT. A device that fails or goes away while an access waits for it may answer
# with ones, too: so entries say how often that had happened to the function behind a page, and what counts it. In each page SCRATCH has 8 bytes for each hart to write.
#
# `layout.inc` says where everything is, `visit.inc` is how an access is judged. A check that fails is recorded and never stops the run by itself.
#
# Besides the registers of ../common.inc: s5 round  s6 sequence number of the last message to the next hart  s7 last flagged message seen
# from the previous hart  s8 this hart's message  s10 where this hart's own function is

.include "common.inc"
.include "stress/layout.inc"

.macro doing what
    li      t0, \what
    sd      t0, S_WHERE(s2)
.endm

# Compares what is at an address with what must be there.
.macro must_be kind address want
    ld      t5, 0(\address)
    beq     t5, \want, 9f
    fail    \kind, \want, t5, \address
9:
.endm

# to: the message block of the hart whose number is in `hart`
.macro message_of to hart
    li      \to, MESSAGES
    slli    t5, \hart, 7
    add     \to, \to, t5
.endm

# to: the previous hart's number
.macro previous_hart to
    ld      t5, P_HARTS(s1)
    add     \to, s0, t5
    addi    \to, \to, -1
    remu    \to, \to, t5
.endm

.section .text
.globl _start
_start:
    enter_guest
    ld      t0, P_SEED(s1)
    add     s4, s4, t0
    bnez    s4, 1f              # the one state that a xorshift does not leave
    li      s4, 1
1:  li      s5, 0
    li      s6, 0
    li      s7, 0
    message_of s8 s0
    ld      s10, P_OWN(s1)
    slli    t0, s0, 14
    add     s10, s10, t0
    li      t0, SAVES
    slli    t1, s0, 8
    add     t0, t0, t1
    csrw    mscratch, t0
    li      t0, 8
    csrw    mie, t0             # software interrupts
    csrs    mstatus, t0         # MIE

round:
    ld      t0, P_STOP(s1)
    bnez    t0, finish
    next_random

# 1. RAM.
    doing   1
    check_ram

# 2. Slots.
    doing   2
    ld      t0, P_VISITS(s1)
    sd      t0, 0(s3)
visits:
    jal     ra, visit
    ld      t0, 0(s3)
    addi    t0, t0, -1
    sd      t0, 0(s3)
    bnez    t0, visits

# 3. and 4. This hart's own function, or its bank; not while a message to the next hart is unread, which looks there too.
    ld      t0, M_ACKNOWLEDGED(s8)
    bne     t0, s6, listen
    next_random
    srli    t0, s4, 62
    beqz    t0, bank

# 3. A write to the base address register moves this hart's own function: the very next accesses go by that.
    doing   3
    srli    t0, s4, 33
    andi    t0, t0, 3
    slli    t0, t0, 12
    slli    t1, s0, 14
    or      t0, t0, t1
    ld      t1, P_OWN(s1)
    add     t1, t1, t0          # where to
    beq     t1, s10, bank
    slli    t0, s0, 3
    add     t0, t0, s1
    ld      t3, P_MOVERS(t0)
    ld      t4, P_OWN_WORDS(t0)
    sw      t1, 0(t3)
    srli    t0, s4, 40
    andi    t0, t0, 0x7f8
    add     t3, t1, t0          # one of its words ...
    add     a6, s10, t0         # ... and where it was
    jal     a7, pattern
    or      t4, t4, t2
    must_be 5, t3, t4
    li      t4, -1
    must_be 5, a6, t4
    count   S_OWN
    mv      t3, s10             # where nothing is now
    mv      s10, t1
    li      t0, SCRATCH
    add     t1, t1, t0
    slli    t0, s0, 3
    add     t1, t1, t0
    sd      s4, 0(t1)
    j       announce

# 4. A write to the bank switch selects what this hart's window shows: its very next store must land there.
bank:
    doing   4
    ld      t1, P_BANK_CONTROL(s1)
    slli    t0, s0, 3
    add     t1, t1, t0
    srli    t4, s4, 33
    andi    t4, t4, 1
    sd      t4, 0(t1)
    srli    t2, s4, 40
    andi    t2, t2, 0x7f8
    ld      t1, P_BANK_WINDOW(s1)
    slli    t0, s0, 12
    add     t1, t1, t0
    add     t3, t1, t2
    sd      s4, 0(t3)
    ld      t3, P_BANK_STABLE(s1)
    slli    t0, s0, 1
    add     t0, t0, t4
    slli    t0, t0, 12
    add     t3, t3, t0
    add     t3, t3, t2
    must_be 8, t3, s4
    count   S_BANK
    sd      s4, 0(t1)
    li      t3, 0

# Tells the next hart that s4 is at t1, and nothing at t3: by a flag after a fence, or by an interrupt.
announce:
    ld      t0, P_HARTS(s1)
    li      t2, 2
    bltu    t0, t2, listen
    sd      t1, M_ADDRESS(s8)
    sd      s4, M_VALUE(s8)
    sd      t3, M_GONE(s8)
    addi    s6, s6, 1
    fence   rw, rw
    srli    t0, s4, 50
    andi    t0, t0, 1
    bnez    t0, 1f
    sd      s6, M_FLAG(s8)
    j       listen
1:  sd      s6, M_INTERRUPT(s8)
    addi    t0, s0, 1
    ld      t1, P_HARTS(s1)
    remu    t0, t0, t1
    slli    t0, t0, 2
    li      t1, CLINT
    add     t1, t1, t0
    li      t0, 1
    fence   rw, rw
    sw      t0, 0(t1)

# 5. What the previous hart has announced by a flag must be so.
listen:
    doing   5
    previous_hart t0
    message_of a5 t0
    ld      t6, M_FLAG(a5)
    beq     t6, s7, 1f
    fence   r, rw
    ld      t1, M_ADDRESS(a5)
    ld      t2, M_VALUE(a5)
    ld      t3, M_GONE(a5)
    must_be 9, t1, t2
    beqz    t3, 2f
    li      t4, -1
    must_be 9, t3, t4
2:  mv      s7, t6
    fence   rw, rw
    sd      s7, M_ACKNOWLEDGED(a5)
    count   S_FLAG
1:  addi    s5, s5, 1
    sd      s5, S_ROUNDS(s2)
    j       round

.include "stress/visit.inc"

.balign 4
trap:
    csrr    s9, mcause
    bgez    s9, exception

# The only interrupt: the previous hart has announced something. It is checked before anything else that could make this hart look.
    csrr    s9, mscratch
    sd      t0, 0x00(s9)
    sd      t1, 0x08(s9)
    sd      t2, 0x10(s9)
    sd      t3, 0x18(s9)
    sd      t4, 0x20(s9)
    sd      t5, 0x28(s9)
    sd      t6, 0x30(s9)
    sd      a0, 0x38(s9)
    sd      a1, 0x40(s9)
    sd      a2, 0x48(s9)
    sd      a3, 0x50(s9)
    sd      a4, 0x58(s9)
    sd      a5, 0x60(s9)
    sd      a7, 0x68(s9)
    sd      ra, 0x70(s9)
    sd      s11, 0x78(s9)
    csrr    t0, mepc
    sd      t0, 0x80(s9)
    previous_hart t0
    message_of a5 t0
    ld      t6, M_INTERRUPT(a5)
    ld      t1, M_ADDRESS(a5)
    ld      t2, M_VALUE(a5)
    ld      t3, M_GONE(a5)
    must_be 10, t1, t2
    beqz    t3, 1f
    li      t4, -1
    must_be 10, t3, t4
1:  li      t1, CLINT
    slli    t0, s0, 2
    add     t1, t1, t0
    sw      zero, 0(t1)
    fence   rw, rw
    sd      t6, M_ACKNOWLEDGED(a5)
    count   S_INTERRUPT
    csrr    s9, mscratch
    ld      t0, 0x80(s9)
    csrw    mepc, t0
    ld      t0, 0x00(s9)
    ld      t1, 0x08(s9)
    ld      t2, 0x10(s9)
    ld      t3, 0x18(s9)
    ld      t4, 0x20(s9)
    ld      t5, 0x28(s9)
    ld      t6, 0x30(s9)
    ld      a0, 0x38(s9)
    ld      a1, 0x40(s9)
    ld      a2, 0x48(s9)
    ld      a3, 0x50(s9)
    ld      a4, 0x58(s9)
    ld      a5, 0x60(s9)
    ld      a7, 0x68(s9)
    ld      ra, 0x70(s9)
    ld      s11, 0x78(s9)
    mret

    routines
