/* What the program needs of a board. */
#ifndef BOARD_H
#define BOARD_H

/* Writes a byte to the serial port. */
void board_write(char byte);

/* Tells the watchdog that the program is alive. */
void board_feed_watchdog(void);

/* Ends the emulator with this exit code. */
void board_exit(int code) __attribute__((noreturn));

#endif
