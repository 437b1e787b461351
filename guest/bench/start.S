# Where every hart of a benchmark's guest begins, in machine mode: a stack, a trap vector, and `hart_main(hart)`. Harts beyond HARTS sleep.
.section .text.init, "ax"
.globl _start
.option norvc
_start:
    la      t0, unexpected
    csrw    mtvec, t0
    csrw    mie, zero
    csrw    satp, zero
    li      t0, 0x6000              # mstatus.FS: floating point is on
    csrs    mstatus, t0
    csrr    s0, mhartid
    li      t0, HARTS
    bgeu    s0, t0, sleep
    li      t0, -1                  # all of memory, for every mode
    csrw    pmpaddr0, t0
    li      t0, 0x1f
    csrw    pmpcfg0, t0
.option push
.option norelax
    la      gp, __global_pointer$
.option pop
    la      sp, stacks
    addi    t0, s0, 1
    slli    t0, t0, 14
    add     sp, sp, t0
    mv      a0, s0
    call    hart_main
sleep:
    wfi
    j       sleep

# For traps that come by a mistake: say so through the test finisher.
.balign 4
.globl unexpected
unexpected:
    li      t0, 0x100000
    li      t1, 0x63333             # exit code 6
    sw      t1, 0(t0)
    j       sleep

.section .bss
.balign 16
stacks:
    .space  16384 * HARTS
