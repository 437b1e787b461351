# The guest of `manyhart litmus`: the shapes of memory-model tests, run again and again by groups of harts, with a histogram of what came out.
#
# A shape has two to four threads; a group has a hart for each. An iteration has its own variables x, y and z (a0, a1, a2), which are zero: the group's
# harts meet at a barrier, each waits for a random little while and runs its thread, and what the thread read is kept. After BATCH iterations
# the group's first hart counts the outcomes. Threads change hands with every batch, and variables lie in one line, in two, or in two pages.
#
# `shapes.inc`, `changes.inc` and `changes/` hold the threads. Each begins with t1 = 1, t2 = 2, a3 = the iteration's number in its batch,
# s2 = its group, and leaves what it observed in a4 and a5; 15 stands for anything above 14. t0, t3 to t6 and ra's return are its own.
#
# `src/litmus/layout.rs` holds the same numbers, and reads the table of shapes from the image. The host says what is to be run, one shape at a time.
#
# Besides the registers of ../common.inc: s3 threads of the shape (never private RAM)  s5 number of the last job  s6 batches to go  s7 distance of
# variables  s8 this hart's thread in this batch, then by how much delays are longer  s10 how long to wait at a barrier  a6 arrivals at the barrier so far  a7 results of the
# thread  sp the thread's code  gp what an interrupt does  tp counts interrupts

.option arch, +zifencei
.include "common.inc"
.equ P_SHAPE,         0x8         # number of the shape in the table
.equ P_JOB,           0x10        # rises with each shape that is to be run; its lowest byte: harts that take part
.equ P_THREADS,       0x18
.equ P_BATCHES,       0x28
.equ P_SEED,          0x30
.equ P_STOP,          0x38        # not zero: finish
.equ P_FINISHED,      0x40        # harts that have
.equ P_DONE,          0x48        # harts that have done the job
.equ P_CAUSE,         0x50        # of a trap that should not be, + 1
.equ P_EPC,           0x58
.equ P_TVAL,          0x60
.equ P_CROWDED,       0x68        # outcomes for which the histogram had no room
.equ P_CANCELLED,     0x70        # number of a job that is to be left
.equ P_PATIENCE,      0x78        # the longest wait at a barrier before others of the host may run, in looks

.equ STATS_SHIFT,     0x0
.equ GROUPS,          0x80110000  # + group << 8
.equ G_ARRIVED,       0x00
.equ G_QUIT,          0x40        # not zero: the job is done, or to be left
.equ G_BAR,           0x80        # the base address register of the group's function, in its configuration space ...
.equ G_PLACES,        0x88        # ... the first of the four places of that BAR, 8 KiB apart ...
.equ G_WORD,          0x90        # ... and what each of its words is
.equ G_SWITCH,        0x98        # a register: bit 0 whether the group's RAM is there, bit 1 whether its two pages are swapped ...
.equ G_RAM,           0xa0        # ... where it is, and what the first page's words are; the second's are one more in each half
.equ G_RAM_WORD,      0xa8
.equ G_PTE,           0xb0        # a page-table entry ...
.equ G_VA,            0xb8        # ... what it translates ...
.equ G_PAGES,         0xc0        # ... and the two pages it goes between, whose first words are 1 and 2
.equ G_CODE,          0xc8        # a routine that is patched

.equ HISTOGRAMS,      0x80120000  # + group << 12: outcome, how often
.equ OUTCOMES,        0x80        # that there is room for
.equ RESULTS,         0x80180000  # + group << 8, + thread << 6: a byte an iteration
.equ ROOT_TABLE,      0x80200000
.equ VARIABLES,       0x81000000  # + group << 18, + iteration << 8
.equ BATCH,           0x40
.equ ACTIVE,          0xff        # of P_JOB
.equ CLINT,           0x2000000
.equ E_THREADS,       0x30        # of a shape in the table, after its name
.equ E_FLAGS,         0x50
.equ ENTRY,           0x80
.equ SHORT,           0x400       # a wait at the barrier, in looks
.equ MPRV,            0x20000
.equ TRANSLATED,      0x1         # flags of a shape: loads and stores are translated
.equ SLOW,            0x2         # its threads take as long as a change of the map does, and so do the delays

# All harts of the group. Who has waited long lets others of the host run; longer, the more often the others came in time: so harts that run side by
# side stay together, and those that must take turns do so at once.
.macro barrier
    add     a6, a6, s3
    li      t0, 1
    amoadd.d.aqrl zero, t0, (s2)
    mv      t1, s10
96: ld      t0, G_ARRIVED(s2)
    bgeu    t0, a6, 98f
    addi    t1, t1, -1
    bnez    t1, 96b
    srli    s10, s10, 1
    ori     s10, s10, SHORT
97: pause
    ld      t0, G_ARRIVED(s2)
    bltu    t0, a6, 97b
    j       99f
98: slli    s10, s10, 1
    ld      t1, P_PATIENCE(s1)
    bltu    s10, t1, 99f
    mv      s10, t1
99: fence   r, rw
.endm

# to: the first variable of the group
.macro variables to
    li      \to, GROUPS
    sub     \to, s2, \to
    slli    \to, \to, 10
    li      t0, VARIABLES
    add     \to, \to, t0
.endm

# register: 15, where it is above
.macro at_most_15 register
    li      t0, 15
    bleu    \register, t0, 9f
    mv      \register, t0
9:
.endm

.section .text
.globl _start
_start:
    j       begin
.balign 8
    .quad   table               # what the host looks for
    .quad   (table_end - table) >> 7

begin:
    enter_guest
    li      s5, 0
    li      s10, SHORT
    li      gp, 0
    li      t0, -1              # all of memory, for every mode
    csrw    pmpaddr0, t0
    li      t0, 0x1f
    csrw    pmpcfg0, t0
    li      t0, 0x1800          # MPP: where accesses are translated, they are user mode's
    csrc    mstatus, t0
    li      t0, ROOT_TABLE >> 12 | 8 << 60
    csrw    satp, t0
    li      t0, 8               # software interrupts, where a thread wants them
    csrw    mie, t0

# A job comes before the end: the others of this hart's group may be in it already, and meet this one there.
wait:
    ld      t1, P_STOP(s1)
    fence   r, r
    ld      t0, P_JOB(s1)
    bne     t0, s5, job
    bnez    t1, finish
    li      t1, CLINT + 0x4000
    slli    t2, s0, 3
    add     t1, t1, t2
    csrr    t0, time
    li      t2, 2000            # 0.2 ms
    add     t0, t0, t2
    sd      t0, 0(t1)
    li      t0, 0x80
    csrs    mie, t0
    wfi
    csrc    mie, t0
    j       wait

# Who takes no part must look at no parameter: when those who do are through, the host writes the next job's.
job:
    mv      s5, t0
    fence   r, rw
    andi    t0, s5, ACTIVE
    bgeu    s0, t0, wait
    ld      t0, P_SEED(s1)
    xor     s4, s4, t0
    bnez    s4, 1f              # the one state that a xorshift does not leave
    li      s4, 1
1:  ld      s3, P_THREADS(s1)
    divu    t0, s0, s3
    slli    t0, t0, 8
    li      s2, GROUPS
    add     s2, s2, t0
    ld      s6, P_BATCHES(s1)
    li      a6, 0

batch:
# Where variables are: x, y and z in one line, in three, in three pages.
    li      t0, 3
    remu    t1, s6, t0
    li      s7, 8
    beqz    t1, 1f
    li      s7, 0x40
    addi    t1, t1, -1
    beqz    t1, 1f
    li      s7, 0x10000
1:  remu    t0, s0, s3
    bnez    t0, 3f
# The first hart of the group clears them, and says whether to go on.
    ld      t2, P_STOP(s1)
    seqz    t3, s6
    or      t2, t2, t3
    ld      t3, P_CANCELLED(s1)
    sub     t3, t3, s5
    seqz    t3, t3
    or      t2, t2, t3
    sd      t2, G_QUIT(s2)
    variables t1
    li      t3, BATCH
2:  add     t4, t1, s7
    add     t5, t4, s7
    sd      zero, 0(t1)
    sd      zero, 0(t4)
    sd      zero, 0(t5)
    addi    t1, t1, 0x100
    addi    t3, t3, -1
    bnez    t3, 2b
3:  barrier
    ld      t0, G_QUIT(s2)
    bnez    t0, job_done

# Its thread in this batch.
    remu    t0, s0, s3
    add     t0, t0, s6
    remu    s8, t0, s3
    li      t1, GROUPS
    sub     a7, s2, t1
    li      t1, RESULTS
    add     a7, a7, t1
    slli    t1, s8, 6
    add     a7, a7, t1
    ld      t0, P_SHAPE(s1)
    slli    t0, t0, 7
    la      t1, table
    add     t0, t0, t1
    ld      t1, E_FLAGS(t0)
    slli    t2, s8, 3
    add     t0, t0, t2
    ld      sp, E_THREADS(t0)
    variables a0
    li      a3, 0
    andi    s8, t1, SLOW
    slli    s8, s8, 1
    andi    t1, t1, TRANSLATED
    beqz    t1, iteration
    li      t0, MPRV
    csrs    mstatus, t0

iteration:
    add     a1, a0, s7
    add     a2, a1, s7
    li      a4, 0
    li      a5, 0
    li      t1, 1
    li      t2, 2
    barrier
    next_random
    srli    t3, s4, 61
    srli    t4, s4, 20
    andi    t4, t4, 0x7f
    srl     t4, t4, t3
    sll     t4, t4, s8
    beqz    t4, 2f
1:  addi    t4, t4, -1
    bnez    t4, 1b
2:  li      t1, 1
    jalr    ra, (sp)
    at_most_15 a4
    at_most_15 a5
    slli    a5, a5, 4
    or      a4, a4, a5
    add     t3, a7, a3
    sb      a4, 0(t3)
    addi    a0, a0, 0x100
    addi    a3, a3, 1
    li      t3, BATCH
    bne     a3, t3, iteration

    li      t0, MPRV
    csrc    mstatus, t0
    barrier
    remu    t0, s0, s3
    bnez    t0, 1f
    jal     ra, count_outcomes
1:  addi    s6, s6, -1
    j       batch

job_done:
    addi    t0, s1, P_DONE
    li      t1, 1
    amoadd.d.aqrl zero, t1, (t0)
    j       wait

# Of each iteration: a byte of each thread, and what x, y and z hold in the end.
count_outcomes:
    variables t1
    li      t2, GROUPS
    sub     t2, s2, t2
    li      t3, RESULTS
    add     t3, t3, t2          # results of thread 0
    slli    t2, t2, 4
    li      t4, HISTOGRAMS
    add     t2, t2, t4          # the histogram
    li      a3, BATCH
1:  lbu     a4, 0x00(t3)
    li      t6, 2
    lbu     t4, 0x40(t3)
    slli    t4, t4, 8
    or      a4, a4, t4
    beq     s3, t6, 2f
    lbu     t4, 0x80(t3)
    slli    t4, t4, 16
    or      a4, a4, t4
    li      t6, 3
    beq     s3, t6, 2f
    lbu     t4, 0xc0(t3)
    slli    t4, t4, 24
    or      a4, a4, t4
2:  ld      t4, 0(t1)
    at_most_15 t4
    slli    t4, t4, 32
    or      a4, a4, t4
    add     t5, t1, s7
    ld      t4, 0(t5)
    at_most_15 t4
    slli    t4, t4, 36
    or      a4, a4, t4
    add     t5, t5, s7
    ld      t4, 0(t5)
    at_most_15 t4
    slli    t4, t4, 40
    or      a4, a4, t4
    mv      t4, t2
    li      t5, OUTCOMES
3:  ld      t6, 8(t4)
    beqz    t6, 4f
    ld      t0, 0(t4)
    beq     t0, a4, 4f
    addi    t4, t4, 16
    addi    t5, t5, -1
    bnez    t5, 3b
    addi    t4, s1, P_CROWDED
    li      t6, 1
    amoadd.d zero, t6, (t4)
    j       5f
4:  sd      a4, 0(t4)
    addi    t6, t6, 1
    sd      t6, 8(t4)
5:  addi    t1, t1, 0x100
    addi    t3, t3, 1
    addi    a3, a3, -1
    bnez    a3, 1b
    ret

# The last hart to finish ends the machine.
finish:
    addi    t1, s1, P_FINISHED
    li      t0, 1
    amoadd.d.aqrl t2, t0, (t1)
    addi    t2, t2, 1
    ld      t3, P_HARTS(s1)
    bne     t2, t3, park
    li      t0, FINISHER
    li      t1, 0x5555
    sw      t1, 0(t0)
park:
    csrw    mie, zero
    wfi
    j       park

# An access that hits nothing is part of the game, and so is the software interrupt of a thread that has said what it does.
.balign 4
trap:
    csrr    s9, mcause
    bltz    s9, 2f
    addi    s9, s9, -5
    beqz    s9, 1f
    addi    s9, s9, -2
    bnez    s9, 3f
1:  li      s11, 1
    csrr    s9, mepc
    addi    s9, s9, 4
    csrw    mepc, s9
    mret
2:  slli    s9, s9, 1
    srli    s9, s9, 1
    addi    s9, s9, -3
    bnez    s9, 3f
    beqz    gp, 3f
    addi    tp, tp, 1
    jr      gp
3:  csrr    t0, mepc
    sd      t0, P_EPC(s1)
    csrr    t0, mtval
    sd      t0, P_TVAL(s1)
    fence   w, w
    csrr    t0, mcause
    addi    t0, t0, 1
    sd      t0, P_CAUSE(s1)
    j       park

# The table: of each shape its name, its threads, its flags.
.text 1
.balign 128
table:
.text 0
.macro shape name thread0 thread1 thread2=0 thread3=0 flags=0
.pushsection .text, 1
9:  .ascii  "\name"
    .zero   E_THREADS - (. - 9b)
    .quad   \thread0, \thread1, \thread2, \thread3
    .quad   \flags
    .balign ENTRY
.popsection
.endm

.include "litmus/shapes.inc"
.include "litmus/changes.inc"

.text 1
table_end:
