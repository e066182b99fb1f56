/* A machine of QEMU without an operating system: its start, and semihosting for what a program says. The loader has put all sections in
   place, and memory is zero. */
#include "check.h"

int main(void);
void begin(void);

enum { SYS_WRITE0 = 0x04, SYS_EXIT_EXTENDED = 0x20, APPLICATION_EXIT = 0x20026 };

static void ask(uintptr_t operation, const void *with) {
#if defined(__arm__)
    register uintptr_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = with;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
#else
    register uintptr_t a0 __asm__("a0") = operation;
    register const void *a1 __asm__("a1") = with;
    __asm__ volatile(
        ".option push\n.option norelax\n.balign 16\n.option norvc\n"
        "slli x0, x0, 0x1f\nebreak\nsrai x0, x0, 7\n"
        ".option pop"
        : "+r"(a0)
        : "r"(a1)
        : "memory");
#endif
}

void say(const char *text) {
    ask(SYS_WRITE0, text);
}

void stop(int code) {
    const uintptr_t why[2] = {APPLICATION_EXIT, (uintptr_t)code};
    ask(SYS_EXIT_EXTENDED, why);
    for (;;) {
    }
}

void begin(void) {
    stop(main());
}

#if defined(__arm__)
/* The first two vectors: where the stack ends, and where to begin. */
__asm__(
    ".pushsection .vectors, \"a\"\n"
    ".word stack_end, begin\n"
    ".popsection\n");
#else
__asm__(
    ".pushsection .vectors, \"ax\"\n"
    ".globl _start\n"
    "_start: la sp, stack_end\n"
    "j begin\n"
    ".popsection\n");
#endif
