/* A program whose `tillsense.h` is that of another release than the library. */
#include <stdio.h>

#include "tillsense.h"

#undef TILLSENSE_VERSION
#define TILLSENSE_VERSION 1

#include "kinds.h"

int main(void)
{
    static tillsense_session session;
    char line[100];
    tillsense_status status = toy_open(&session, NULL, 0, NULL, 0);
    if (status != TILLSENSE_ERROR_HEADER || tillsense_explain(&session, line, sizeof line) != 0) {
        printf("%d %s\n", (int)status, line);
        return 1;
    }
    puts(tillsense_status_text(status));
    return 0;
}
