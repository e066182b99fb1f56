/* The first instructions: stack, global pointer, where traps go. */
    .section .start, "ax"
    .global start
start:
    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop
    la sp, stack_top
    la t0, trap
    .option arch, +zicsr
    csrw mtvec, t0
    la t0, bss_start
    la t1, bss_end
1:
    bgeu t0, t1, 2f
    sw zero, 0(t0)
    addi t0, t0, 4
    j 1b
2:
    call main
    call board_exit

    .balign 4
trap:
    li a0, 99
    call board_exit
