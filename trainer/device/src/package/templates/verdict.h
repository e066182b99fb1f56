/* Written by `tillsense library`: one transaction of the model @NAME@, with made-up inputs (inputs.h). */
#ifndef VERDICT_H
#define VERDICT_H

#include <stdio.h>

#include "inputs.h"
#include "tillsense.h"

/* Says the verdict of one head, or how many values its tensor has. */
static tillsense_status say_head(const tillsense_session *session, uint32_t head, void (*say)(const char *))
{
    char line[160];
    tillsense_text name;
    tillsense_verdict_t verdict;
    tillsense_status status = tillsense_head_name(session, head, &name);
    if (status != TILLSENSE_OK) {
        return status;
    }
    status = tillsense_verdict(session, head, &verdict);
    if (status == TILLSENSE_OK) {
        snprintf(line, sizeof line, "%.*s: %.*s with %u of 256%s", (int)name.len, name.at, (int)verdict.name.len,
                 verdict.name.at, verdict.score, verdict.defer ? ", ask a person" : "");
        say(line);
    } else if (status == TILLSENSE_ERROR_NO_CLASSES) {
        const int8_t *values;
        size_t len;
        status = tillsense_values(session, head, &values, &len);
        if (status == TILLSENSE_OK) {
            snprintf(line, sizeof line, "%.*s: %u values", (int)name.len, name.at, (unsigned)len);
            say(line);
        }
    }
    return status;
}

/* Opens the model, pushes the inputs, runs, and says each verdict in a line. */
static void say_verdicts(const void *file, size_t len, void (*say)(const char *))
{
    static tillsense_session session;
    static uint8_t arena[ARENA_LEN] __attribute__((aligned(TILLSENSE_ALIGN)));
    tillsense_info info;
    bool pending = true;
    tillsense_status status = tillsense_open(&session, file, len, arena, sizeof arena);
    if (status == TILLSENSE_OK) {
        status = push_inputs(&session);
    }
    if (status == TILLSENSE_OK) {
        status = tillsense_begin_run(&session);
    }
    while (status == TILLSENSE_OK && pending) {
        /* An op at a time: feed the watchdog here, look at the keypad. */
        status = tillsense_step(&session, 1, &pending);
    }
    if (status == TILLSENSE_OK) {
        status = tillsense_info_of(&session, &info);
    }
    for (uint32_t head = 0; status == TILLSENSE_OK && head < info.heads; head++) {
        status = say_head(&session, head, say);
    }
    if (status != TILLSENSE_OK) {
        char line[160];
        /* The call in words, and more of it where it would have changed the session. */
        say(tillsense_explain(&session, line, sizeof line) == 0 ? tillsense_status_text(status) : line);
    }
    tillsense_close(&session);
}

#endif
