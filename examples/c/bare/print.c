#include "print.h"

#include "board.h"

void print_bytes(const char *bytes, size_t len)
{
    for (size_t at = 0; at < len; at++) {
        board_write(bytes[at]);
    }
}

void print(const char *text)
{
    while (*text != '\0') {
        board_write(*text++);
    }
}

void print_number(int32_t number)
{
    char digits[10];
    size_t count = 0;
    uint32_t rest = number < 0 ? 0u - (uint32_t)number : (uint32_t)number;
    if (number < 0) {
        board_write('-');
    }
    do {
        digits[count++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    while (count > 0) {
        board_write(digits[--count]);
    }
}
