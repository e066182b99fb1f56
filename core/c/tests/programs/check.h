/* What the programs share: a check that names its line, and the samples that the test has written beside. */
#ifndef CHECK_H
#define CHECK_H

#include <string.h>

#include "tillsense.h"

#define ALIGNED __attribute__((aligned(TILLSENSE_ALIGN)))

/* Prints a text; of the machine. */
void say(const char *text);

/* Ends the program; of the machine. */
void stop(int code);

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

/* Ends the program where something does not hold. */
#define CHECK(holds) \
    do { \
        if (!(holds)) { \
            say("line " TEXT(__LINE__) ": " #holds "\n"); \
            stop(1); \
        } \
    } while (0)

/* Ends the program where a call does not answer with this status. */
#define EXPECT(status, call) \
    do { \
        tillsense_status got = (call); \
        if (got != (status)) { \
            say("line " TEXT(__LINE__) ": " #call ": "); \
            say(tillsense_status_text(got)); \
            say("\n"); \
            stop(1); \
        } \
    } while (0)

#define OK(call) EXPECT(TILLSENSE_OK, call)

/* Whether a text of the model is this string. */
static inline int is(tillsense_text text, const char *expected) {
    return text.len == strlen(expected) && memcmp(text.at, expected, text.len) == 0;
}

#endif
