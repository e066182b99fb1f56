/* Lines on the serial port, without printf: that brings an allocator with it. */
#ifndef PRINT_H
#define PRINT_H

#include <stddef.h>
#include <stdint.h>

void print(const char *text);
void print_bytes(const char *bytes, size_t len);
void print_number(int32_t number);

#endif
