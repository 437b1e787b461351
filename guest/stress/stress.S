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
# `src/stress/layout.rs` holds the same numbers. A check that fails is recorded and never stops the run by itself.
#
# Besides the registers of ../common.inc: s5 round  s6 sequence number of the last message to the next hart  s7 last flagged message seen
# from the previous hart  s8 this hart's message  s10 where this hart's own function is
# In a visit: a0 the slot's control block  a1 its ring  a2 its address  a3 the lower bound  a4 buffer  a5 the epoch that explains all that
# was seen so far  a6 the upper bound  gp, sp the address bits that vary and that are set  tp duration

.include "common.inc"
.equ P_SLOTS,         0x08        # address of the first slot
.equ P_SLOT_COUNT,    0x10
.equ P_OWN,           0x18        # four pages a hart, for its own function
.equ P_BANK_CONTROL,  0x20        # one 8-byte register a hart: writing selects the bank its window shows
.equ P_BANK_WINDOW,   0x28        # one page a hart
.equ P_BANK_STABLE,   0x30        # two pages a hart: each bank at a place that never changes
.equ P_STOP,          0x38        # not zero: finish
.equ P_COUNTER,       0x40        # every hart adds one a round
.equ P_DONE,          0x48        # harts that have finished
.equ P_VISITS,        0x50        # visits of slots in a round
.equ P_SEED,          0x58
.equ P_MOVERS,        0x100       # + hart << 3: the 32-bit base address register of its own function
.equ P_OWN_WORDS,     0x300       # + hart << 3: its identity, twice

.equ STATS_SHIFT,     0x9
.equ S_ROUNDS,        0x00
.equ S_RAM,           0x08
.equ S_CHANGED,       0x10        # accesses judged, of slots that had changed since this hart's last visit
.equ S_STILL,         0x18        # accesses judged, of others
.equ S_UNJUDGED,      0x20        # accesses that took so long that the ring had gone round
.equ S_EPOCHS,        0x28        # visits that met a new epoch
.equ S_ABSENT,        0x30        # accesses judged that met nothing
.equ S_STRADDLES,     0x38        # accesses judged that lie in both pages
.equ S_WRITES,        0x40        # writes read back in an epoch that stood still
.equ S_OWN,           0x48        # moves of its own function, seen at once
.equ S_BANK,          0x50        # bank switches, seen at once
.equ S_FLAG,          0x58        # announcements by flag and fence found true
.equ S_INTERRUPT,     0x60        # announcements by interrupt found true
.equ S_FAULTS,        0x68
.equ S_ERRORS,        0x70
.equ S_ERROR_KIND,    0x78        # of the first error, see layout.rs
.equ S_EXPECTED,      0x80
.equ S_GOT,           0x88
.equ S_ADDRESS,       0x90
.equ S_LOWER,         0x98        # the bounds of the epoch, where there are any
.equ S_UPPER,         0xa0
.equ S_FINISHED,      0xa8
.equ S_WHERE,         0xb0        # what it is doing: 1 RAM 2 a visit 3 its own function 4 its bank 5 listening
.equ S_SLOT,          0xb8        # the slot last visited

.equ MESSAGES,        0x80120000  # + hart << 7: address, value there, address where nothing is (or 0), sequence by flag, by interrupt, acknowledged
.equ M_ADDRESS,       0x00
.equ M_VALUE,         0x08
.equ M_GONE,          0x10
.equ M_FLAG,          0x18
.equ M_INTERRUPT,     0x20
.equ M_ACKNOWLEDGED,  0x40
.equ SAVES,           0x80124000  # + hart << 8: registers of an interrupted hart
.equ BUFFERS,         0x80130000  # + hart << 9: address and value of each access of a visit
.equ SEEN,            0x80140000  # + hart << 12: the epoch last seen of each slot
.equ LATENCY,         0x80240000  # + hart << 14: visits of registers by their ticks
.equ LINEAR,          0x400       # ticks that have a counter each; above that, powers of two
.equ CONTROL,         0x80400000  # + slot << 6
.equ C_DONE,          0x00
.equ C_STARTED,       0x08
.equ RING,            0x80800000  # + slot << 13, + (epoch mod RING_LENGTH) << 6
.equ RING_LENGTH,     0x80
.equ R_FLAGS,         0x18        # after a word for each page and one for both: + page, 1 registers, 4 writable
.equ R_ENDS,          0x20        # + page << 4: where the ends of the function behind it are counted (or 0), and how many there were
.equ ACCESSES,        0x20        # of a visit
.equ DRAWS,           0x20        # of a slot to visit ...
.equ PAUSES,          0x8         # ... and how often others run first, before one is visited that has not changed
.equ SCRATCH,         0xc00       # + hart << 3
.equ FAULT,           0xfeffffff
.equ CLINT,           0x2000000

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

# t2: what the two words at offset t0 of a page, a multiple of 8, have in their low bytes. Returns to a7.
pattern:
    srli    t2, t0, 2
    andi    t2, t2, 0xff
    addi    t5, t2, 1
    slli    t5, t5, 32
    or      t2, t2, t5
    jr      a7

# Accesses to one slot, judged. Returns to where 8(s3) says.
visit:
    sd      ra, 8(s3)
    # A slot that has changed since this hart's last visit, if a few draws find one.
    li      tp, PAUSES
    li      t6, DRAWS
1:  next_random
    ld      t1, P_SLOT_COUNT(s1)
    srli    t0, s4, 20
    remu    t0, t0, t1
    sd      t0, S_SLOT(s2)
    li      a0, CONTROL
    slli    t1, t0, 6
    add     a0, a0, t1
    ld      t3, C_DONE(a0)
    li      t1, SEEN
    slli    t2, s0, 12
    add     t1, t1, t2
    slli    t2, t0, 3
    add     t1, t1, t2
    ld      t2, 0(t1)
    bne     t2, t3, 2f
    addi    t6, t6, -1
    bnez    t6, 1b
    pause                       # nothing has: let others run
    li      t6, DRAWS
    addi    tp, tp, -1
    bnez    tp, 1b
2:  li      a1, RING
    slli    t1, t0, 13
    add     a1, a1, t1
    ld      a2, P_SLOTS(s1)
    slli    t1, t0, 13
    add     a2, a2, t1
    # One page in half of the visits, both mixed in the other.
    srli    t0, s4, 60
    andi    t1, t0, 1
    slli    sp, t1, 12
    li      gp, 0
    andi    t1, t0, 2
    beqz    t1, 1f
    li      sp, 0
    li      gp, 0x1000
1:  li      a4, BUFFERS
    slli    t0, s0, 9
    add     a4, a4, t0
    li      t4, ACCESSES
    mv      a5, s4
    li      a7, 6364136223846793005
    ld      a3, C_DONE(a0)
    fence   r, rw
    csrr    tp, time
next_access:
    mul     a5, a5, a7
    addi    a5, a5, 0x55d
    srli    t0, a5, 40
    andi    t1, t0, 0x7f8
    and     t2, t0, gp
    or      t1, t1, t2
    or      t1, t1, sp
    beqz    gp, 1f
    srli    t0, a5, 61
    bnez    t0, 1f
    li      t1, 0xffc           # in both pages
1:  add     t1, t1, a2
    li      s11, 0
    ld      t2, 0(t1)
    beqz    s11, 2f
    li      t2, FAULT << 32 | FAULT
2:  sd      t1, 0(a4)
    sd      t2, 8(a4)
    addi    a4, a4, 16
    addi    t4, t4, -1
    bnez    t4, next_access

    csrr    t0, time
    sub     tp, t0, tp
    fence   r, r
    ld      a6, C_STARTED(a0)
    fence   r, r
    sub     t0, a6, a3
    li      t1, RING_LENGTH
    bgeu    t0, t1, unjudged
    li      t4, ACCESSES
    addi    a4, a4, -16 * ACCESSES
    mv      a5, a3
judge:
    ld      t1, 0(a4)
    ld      t6, 8(a4)
    sub     t0, t1, a2
    li      t2, 0xffc
    beq     t0, t2, 1f
    srli    t3, t0, 12
    jal     a7, pattern
    j       2f
1:  li      t3, 2
    li      t2, 0xff
2:  slli    t3, t3, 3
    add     t3, t3, a1
3:  andi    t5, a5, RING_LENGTH - 1
    slli    t5, t5, 6
    add     a7, t5, t3
    ld      t5, 0(a7)
    or      t5, t5, t2
    beq     t5, t6, 4f
    # A device that fails or is pulled out in the middle of an access answers with ones, wherever it is by then.
    addi    t0, t6, 1
    bnez    t0, 5f
    sub     t0, t3, a1
    li      ra, 16
    beq     t0, ra, 5f
    add     a7, a7, t0
    ld      t0, R_ENDS(a7)
    beqz    t0, 5f
    ld      t0, 0(t0)
    ld      ra, R_ENDS + 8(a7)
    bne     t0, ra, 4f
5:  beq     a5, a6, wrong
    addi    a5, a5, 1
    j       3b
4:  addi    a4, a4, 16
    addi    t4, t4, -1
    bnez    t4, judge

# All explained. The entries were still those of these epochs?
    fence   r, r
    ld      t0, C_STARTED(a0)
    sub     t0, t0, a3
    li      t1, RING_LENGTH
    bgeu    t0, t1, unjudged
    ld      t0, S_SLOT(s2)
    slli    t0, t0, 3
    li      t1, SEEN
    slli    t2, s0, 12
    add     t1, t1, t2
    add     t1, t1, t0
    ld      t0, 0(t1)
    sd      a5, 0(t1)
    beq     t0, a5, 1f
    count   S_CHANGED, ACCESSES
    count   S_EPOCHS
    j       2f
1:  count   S_STILL, ACCESSES
2:  li      t4, ACCESSES
    addi    a4, a4, -16 * ACCESSES
    li      t0, 0
    li      t3, 0
3:  ld      t1, 0(a4)
    ld      t2, 8(a4)
    addi    t2, t2, 1
    bnez    t2, 4f
    addi    t0, t0, 1
4:  sub     t1, t1, a2
    li      t2, 0xffc
    bne     t1, t2, 5f
    addi    t3, t3, 1
5:  addi    a4, a4, 16
    addi    t4, t4, -1
    bnez    t4, 3b
    ld      t1, S_ABSENT(s2)
    add     t1, t1, t0
    sd      t1, S_ABSENT(s2)
    ld      t1, S_STRADDLES(s2)
    add     t1, t1, t3
    sd      t1, S_STRADDLES(s2)

# One page that stood still: what it took, where it was registers; and a word of this hart's written and read back.
    bnez    gp, 9f
    bne     a3, a6, 9f
    andi    t0, a3, RING_LENGTH - 1
    slli    t0, t0, 6
    add     t0, t0, a1
    ld      t0, R_FLAGS(t0)
    srli    t1, sp, 12
    srl     t0, t0, t1
    andi    t1, t0, 1
    beqz    t1, 3f
    mv      t1, tp
    li      t2, LINEAR
    bltu    t1, t2, 2f
    addi    t2, t2, -10
1:  srli    t1, t1, 1
    addi    t2, t2, 1
    bnez    t1, 1b
    mv      t1, t2              # LINEAR + log2 - 9
2:  slli    t1, t1, 3
    slli    t2, s0, 14
    add     t1, t1, t2
    li      t2, LATENCY
    add     t1, t1, t2
    ld      t2, 0(t1)
    addi    t2, t2, 1
    sd      t2, 0(t1)
3:  andi    t0, t0, 4
    beqz    t0, 9f
    add     t1, a2, sp
    li      t0, SCRATCH
    add     t1, t1, t0
    slli    t0, s0, 3
    add     t1, t1, t0
    sd      s4, 0(t1)
    ld      t2, 0(t1)
    fence   r, r
    ld      t0, C_STARTED(a0)
    bne     t0, a3, 9f
    beq     t2, s4, 4f
    fail    4, s4, t2, t1
4:  count   S_WRITES
9:  ld      ra, 8(s3)
    ret

# t5 was there in the last epoch that it may be of, and t6 was read at t1.
wrong:
    fence   r, r
    ld      t0, C_STARTED(a0)
    sub     t0, t0, a3
    li      t2, RING_LENGTH
    bgeu    t0, t2, unjudged
    ld      t0, S_ERRORS(s2)
    bnez    t0, 1f
    sd      a3, S_LOWER(s2)
    sd      a6, S_UPPER(s2)
1:  slli    t3, t1, 52
    srli    t3, t3, 52
    li      t2, 0xffc
    beq     t3, t2, 2f
    fail    2, t5, t6, t1
    j       9b
2:  fail    3, t5, t6, t1
    j       9b

unjudged:
    count   S_UNJUDGED, ACCESSES
    j       9b

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
