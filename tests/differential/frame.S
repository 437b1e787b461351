# The frame: a bare-metal program that runs a table of cases, one after the other, and leaves a table of results. It is the
# same program on both machines; offsets and addresses (in capitals) come from layout.rs, which puts
# their values here before it is assembled.
#
# A case never returns by itself: everything ends in the machine-mode handler. It trusts no register and no CSR but mtvec,
# logs the trap, and skips the instruction. A fetch that failed, the end marker, or too many traps end the case.

    .set V_INDEX, 0
    .set V_COUNT, 8
    .set V_CASE, 16
    .set V_RESULT, 24
    .set V_TRAPS, 32
    .set V_SINK, 40
    .set V_SAVED, 48

    .macro numbers macro
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    \macro \n
    .endr
    .endm
    .macro load_f n
    fld f\n, C_F + \n * 8(s2)
    .endm
    .macro store_f n
    fsd f\n, R_F + \n * 8(t1)
    .endm
    # x0 has none, and t0 comes last.
    .macro load_x n
    .if \n != 0 && \n != 5
    ld x\n, C_X + \n * 8(t0)
    .endif
    .endm
    # t0 to t6 are in the context.
    .macro store_x n
    .if (\n > 0 && \n < 5) || (\n > 7 && \n < 28)
    sd x\n, R_X + \n * 8(t1)
    .endif
    .endm

    .option norelax
    .globl _start
_start:
    csrw mie, zero
    csrr t0, mhartid
    beqz t0, 1f
0:  wfi                             # the reference has a second hart
    j 0b
1:
    li t0, 0x2004000                # mtimecmp: no timer interrupts
    li t1, -1
    sd t1, 0(t0)

next_case:
    la t0, context
    ld s0, V_INDEX(t0)
    ld s1, V_COUNT(t0)
    bgeu s0, s1, power_off
    slli t1, s0, RECORD_SHIFT
    li s2, CASES
    add s2, s2, t1
    li s3, RESULTS
    add s3, s3, t1
    sd s2, V_CASE(t0)
    sd s3, V_RESULT(t0)
    sd zero, V_TRAPS(t0)

# The code, by halfwords: it may start at any.
    ld t0, C_CODE_DST(s2)
    addi t1, s2, C_CODE
    addi t2, t1, CODE_BYTES
1:  lhu t3, 0(t1)
    sh t3, 0(t0)
    addi t0, t0, 2
    addi t1, t1, 2
    bltu t1, t2, 1b

# Scratch memory: the end of one page, and the beginning of another.
    ld t0, C_DATA_LOW(s2)
    addi t1, s2, C_DATA
    call copy_half
    ld t0, C_DATA_HIGH(s2)
    call copy_half

# Page-table entries: address and value.
    ld t0, C_PTE_COUNT(s2)
    addi t1, s2, C_PTES
    slli t0, t0, 4
    add t0, t0, t1
1:  bgeu t1, t0, 2f
    ld t2, 0(t1)
    ld t3, 8(t1)
    sd t3, 0(t2)
    addi t1, t1, 16
    j 1b
2:

# Control and status registers.
    la t0, trap
    csrw mtvec, t0
    ld t0, C_STUB(s2)
    csrw stvec, t0
    csrw pmpcfg0, zero
    li t0, -1
    csrw 0x14d, t0                  # stimecmp
    .set at, C_CSRS
    .irp csr, CASE_CSRS
    ld t0, at(s2)
    csrw \csr, t0
    .set at, at + 8
    .endr
    csrw mcause, zero
    csrw mtval, zero
    csrw mscratch, zero
    sfence.vma
    fence.i
    la t0, context
    addi t1, t0, V_SINK
    sc.d t1, zero, (t1)             # no reservation

# Registers, and all of mstatus.
    li t0, 0x6000
    csrs mstatus, t0
    numbers load_f
    ld t0, C_FCSR(s2)
    csrw fcsr, t0
    li t0, -1
    csrc mstatus, t0
    ld t0, C_MSTATUS(s2)
    csrw mstatus, t0
    ld t0, C_X(s2)
    csrw mepc, t0
    mv t0, s2
    numbers load_x
    ld t0, C_X + 5 * 8(t0)
    mret

copy_half:
    addi t2, t1, HALF_BYTES
1:  ld t3, 0(t1)
    sd t3, 0(t0)
    addi t0, t0, 8
    addi t1, t1, 8
    bltu t1, t2, 1b
    ret

    .balign 4
trap:
    csrw mscratch, t0
    la t0, context
    sd t1, V_SAVED + 8(t0)
    sd t2, V_SAVED + 16(t0)
    sd t3, V_SAVED + 24(t0)
    sd t4, V_SAVED + 32(t0)
    sd t5, V_SAVED + 40(t0)
    sd t6, V_SAVED + 48(t0)

# Into the log; t3 = cause, t4 = epc, t6 = mstatus.
    ld t1, V_RESULT(t0)
    ld t2, V_TRAPS(t0)
    slli t3, t2, 6
    add t1, t1, t3
    csrr t3, mcause
    sd t3, R_LOGS(t1)
    csrr t4, mepc
    sd t4, R_LOGS + 8(t1)
    csrr t5, mtval
    sd t5, R_LOGS + 16(t1)
    csrr t6, mstatus
    sd t6, R_LOGS + 24(t1)
    addi t2, t2, 1
    sd t2, V_TRAPS(t0)

# From the supervisor's handler, which is an ecall: t3 and t4 are of the delegated trap, and it returns to where that came from.
    ld t5, V_CASE(t0)
    ld t5, C_STUB(t5)
    bne t4, t5, 1f
    li t5, 9
    bne t3, t5, 1f
    csrr t3, scause
    sd t3, R_LOGS + 32(t1)
    csrr t4, sepc
    sd t4, R_LOGS + 40(t1)
    csrr t5, stval
    sd t5, R_LOGS + 48(t1)
    li t5, 0x1800
    csrc mstatus, t5
    andi t5, t6, 0x100              # SPP
    slli t5, t5, 3
    csrs mstatus, t5
1:
    li t5, LOGS
    bgeu t2, t5, end_case
    bltz t3, interrupt
    li t5, 1 << 0 | 1 << 1 | 1 << 12
    srl t5, t5, t3
    andi t5, t5, 1
    bnez t5, end_case
    ld t5, V_CASE(t0)
    ld t6, C_END(t5)
    beq t4, t6, end_case

# Behind the instruction: its length from physical memory.
    ld t6, C_CODE_VA(t5)
    sub t6, t4, t6
    li t1, 8191
    bgeu t6, t1, end_case
    ld t5, C_CODE_PA(t5)
    add t6, t6, t5
    lhu t6, 0(t6)
    andi t6, t6, 3
    addi t4, t4, 2
    addi t6, t6, -3
    bnez t6, resume
    addi t4, t4, 2
    j resume

interrupt:
    csrw mie, zero

resume:
    csrw mepc, t4
    li t4, 0x20000                  # under MPRV the return changes what loads and stores translate by, and the reference
    csrr t5, mstatus                # does not notice
    and t5, t5, t4
    beqz t5, 1f
    sfence.vma
1:
    ld t1, V_SAVED + 8(t0)
    ld t2, V_SAVED + 16(t0)
    ld t3, V_SAVED + 24(t0)
    ld t4, V_SAVED + 32(t0)
    ld t5, V_SAVED + 40(t0)
    ld t6, V_SAVED + 48(t0)
    csrr t0, mscratch
    mret

end_case:
    ld t1, V_RESULT(t0)
    numbers store_x
    csrr t2, mscratch
    sd t2, R_X + 5 * 8(t1)
    ld t2, V_SAVED + 8(t0)
    sd t2, R_X + 6 * 8(t1)
    ld t2, V_SAVED + 16(t0)
    sd t2, R_X + 7 * 8(t1)
    ld t2, V_SAVED + 24(t0)
    sd t2, R_X + 28 * 8(t1)
    ld t2, V_SAVED + 32(t0)
    sd t2, R_X + 29 * 8(t1)
    ld t2, V_SAVED + 40(t0)
    sd t2, R_X + 30 * 8(t1)
    ld t2, V_SAVED + 48(t0)
    sd t2, R_X + 31 * 8(t1)
    ld t2, V_TRAPS(t0)
    sd t2, R_TRAPS(t1)
    .set at, R_CSRS
    .irp csr, RESULT_CSRS
    csrr t2, \csr
    sd t2, at(t1)
    .set at, at + 8
    .endr
    li t2, 0x6000
    csrs mstatus, t2
    numbers store_f
    csrr t2, fcsr
    sd t2, R_FCSR(t1)

# Back to nothing.
    csrw mie, zero
    csrw mip, zero
    csrw satp, zero
    csrw medeleg, zero
    csrw mideleg, zero
    csrw pmpcfg0, zero
    sfence.vma

# Scratch memory and page-table entries, which are cleared.
    ld s2, V_CASE(t0)
    mv s3, t1
    addi t0, s3, R_DATA
    ld t1, C_DATA_LOW(s2)
    call copy_half
    ld t1, C_DATA_HIGH(s2)
    call copy_half
    ld t0, C_PTE_COUNT(s2)
    addi t1, s2, C_PTES
    slli t0, t0, 4
    add t0, t0, t1
    addi t3, s3, R_PTES
1:  bgeu t1, t0, 2f
    ld t2, 0(t1)
    ld t4, 0(t2)
    sd t4, 0(t3)
    addi t3, t3, 8
    addi t1, t1, 16
    j 1b
2:  ld t0, C_PTE_COUNT(s2)
    addi t1, s2, C_PTES
    slli t0, t0, 4
    add t0, t0, t1
1:  bgeu t1, t0, 2f
    ld t2, 0(t1)
    sd zero, 0(t2)
    addi t1, t1, 16
    j 1b
2:
    la t0, context
    ld t1, V_INDEX(t0)
    addi t1, t1, 1
    sd t1, V_INDEX(t0)
    j next_case

power_off:
    li t0, 0x100000
    li t1, 0x5555
    sw t1, 0(t0)
    j power_off

# The variables. The host writes V_COUNT, and may look at V_INDEX.
    .org CONTEXT - RAM
context:
    .skip 256

# The supervisor's handler.
    .org STUB_PA - RAM
    ecall
