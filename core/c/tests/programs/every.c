/* Calls every function of the header, for the linker: what is in the image is what firmware that uses all of it holds. With
   EXPLAIN it asks for words too. Nothing here runs. */
#include <string.h>

#include "tillsense.h"

static tillsense_session session;
static unsigned char arena[64] __attribute__((aligned(TILLSENSE_ALIGN)));

/* What the compiler must not know. */
static struct {
    const void *file;
    size_t len;
    float factor;
    uint64_t number;
    const char *text;
} volatile outside;
static volatile tillsense_status status;
static volatile char first;

/* The library and the program bring the same functions of the compiler and of the C library. */
static void arithmetic(void) {
    char copy[40];
    size_t len = strlen(outside.text) % sizeof copy;
    memcpy(copy, outside.text, len);
    memset(copy + len, 0, sizeof copy - len);
    memmove(copy + 1, copy, sizeof copy - 1);
    first = copy[outside.len % sizeof copy];
    outside.factor = outside.factor * 1.5f / (float)outside.number;
    outside.number = outside.number / outside.len + outside.number % 10u;
    outside.len = outside.len / 7 % 5;
}

static void sessions(void) {
    tillsense_info info;
    status = tillsense_look(outside.file, outside.len, &info);
    status = tillsense_open(&session, outside.file, outside.len, arena, sizeof arena);
    status = tillsense_info_of(&session, &info);
    status = tillsense_expect(&session, info.interface_digest);
    status = tillsense_reset(&session);
    status = tillsense_close(&session);
    outside.number = tillsense_version();
    outside.text = tillsense_status_text(status);
}

static void pushes(void) {
    const void *at = outside.file;
    size_t len = outside.len;
    bool whole;
    status = tillsense_push_image(&session, 0, at, len);
    status = tillsense_push_image_piece(&session, 0, len, at, len, &whole);
    status = tillsense_push_audio(&session, 0, at, len);
    status = tillsense_push_text(&session, 0, at, len);
    status = tillsense_push_record(&session, 0, at, len);
    status = tillsense_push_named(&session, 0, at, len);
    status = tillsense_push_tensor(&session, 0, at, len);
    status = tillsense_push_tensor_piece(&session, 0, len, at, len, &whole);
}

static void begins(void) {
    const void *at = outside.file;
    size_t len = outside.len, taken;
    bool whole, pending;
    status = tillsense_begin_image(&session, 0, at, len);
    status = tillsense_begin_image_piece(&session, 0, len, at, len, &whole);
    status = tillsense_begin_audio(&session, 0, at, len, &taken);
    status = tillsense_begin_text(&session, 0, at, len);
    status = tillsense_begin_record(&session, 0, at, len);
    status = tillsense_begin_named(&session, 0, at, len);
    status = tillsense_begin_tensor(&session, 0, at, len);
    status = tillsense_begin_tensor_piece(&session, 0, len, at, len, &whole);
    status = tillsense_begin_run(&session);
    status = tillsense_step(&session, 1, &pending);
    status = tillsense_step_within(&session, 1, &pending);
}

static void answers(void) {
    tillsense_verdict_t verdict;
    tillsense_text text;
    const int8_t *values;
    size_t count;
    uint32_t number;
    status = tillsense_run(&session);
    status = tillsense_verdict(&session, 0, &verdict);
    status = tillsense_values(&session, 0, &values, &count);
    status = tillsense_input_name(&session, 0, &text);
    status = tillsense_head_name(&session, 0, &text);
    status = tillsense_class_name(&session, 0, 0, &text);
    status = tillsense_find_input(&session, outside.text, outside.len, &number);
    status = tillsense_find_head(&session, outside.text, outside.len, &number);
    status = tillsense_left_out(&session, &text);
#ifdef EXPLAIN
    char line[80];
    outside.len = tillsense_explain(&session, line, sizeof line);
#endif
}

void _start(void);

void _start(void) {
    arithmetic();
    sessions();
    pushes();
    begins();
    answers();
    for (;;) {
    }
}
