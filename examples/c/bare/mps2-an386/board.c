/* Arm MPS2 with FPGA image AN386 (Cortex-M4F): start, serial port, end. */
#include "../board.h"

#include <stdint.h>
#include <string.h>

extern uint32_t stack_top[], data_start[], data_end[], data_load[], bss_start[], bss_end[];

int main(void);

/* The CMSDK UART: data, state (bit 0: the transmit buffer is full), control (bit 0: transmit). */
#define UART ((volatile uint32_t *)0x40004000)

void board_write(char byte)
{
    while ((UART[1] & 1) != 0) {
    }
    UART[0] = (uint8_t)byte;
}

void board_feed_watchdog(void)
{
    /* Here a terminal writes to its watchdog; the emulated board runs none. */
}

void board_exit(int code)
{
    /* Semihosting: SYS_EXIT_EXTENDED with ADP_Stopped_ApplicationExit. */
    const uint32_t block[2] = {0x20026, (uint32_t)code};
    register uint32_t operation __asm__("r0") = 0x20;
    register const uint32_t *argument __asm__("r1") = block;
    __asm__ volatile("bkpt 0xab" : : "r"(operation), "r"(argument) : "memory");
    for (;;) {
    }
}

static void fault(void)
{
    board_exit(99);
}

void start(void)
{
    memcpy(data_start, data_load, (size_t)((char *)data_end - (char *)data_start));
    memset(bss_start, 0, (size_t)((char *)bss_end - (char *)bss_start));
#ifdef __ARM_FP
    /* Access to the FPU: a compiler may use its registers. */
    *(volatile uint32_t *)0xe000ed88 |= 0xfu << 20;
    __asm__ volatile("dsb\n isb");
#endif
    UART[4] = 16; /* The fastest divider; the emulator has no wire. */
    UART[2] = 1;
    board_exit(main());
}

typedef void (*vector)(void);

__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack;
    vector handlers[15];
} vectors = {
    stack_top,
    {start, fault, fault, fault, fault, fault, 0, 0, 0, 0, fault, fault, 0, fault, fault},
};
