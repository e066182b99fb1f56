/* No call takes more stack than the header says. For machines of QEMU, which have all of the stack to themselves. */
#include "check.h"
#include "samples.h"

static tillsense_session session;
static uint8_t arena[ARENA_LEN] ALIGNED;

enum { ROOM = 32768, PAINT = 0xa5, OPEN_MOST = 6144, CALL_MOST = 3072, LONG_RECORD_MOST = 5120 };

/* Where the stack ends, above; of the linker's script. */
extern uint8_t stack_end[];

/* Paints the stack below, but for what the painter itself may use. */
static __attribute__((noinline)) void paint(void) {
    volatile uint8_t here;
    volatile uint8_t *end = &here - 200;
    for (volatile uint8_t *at = stack_end - ROOM; at < end; at++) {
        *at = PAINT;
    }
}

/* Bytes between here and the lowest one that was written since. */
static __attribute__((noinline)) size_t used(void) {
    volatile uint8_t here;
    volatile uint8_t *at = stack_end - ROOM;
    while (*at == PAINT) {
        at++;
    }
    return (size_t)(&here - at);
}

#define WITHIN(most, call) \
    do { \
        paint(); \
        (void)(call); \
        CHECK(used() <= (most)); \
    } while (0)

static void calls(void) {
    tillsense_info info;
    tillsense_verdict_t verdict;
    char line[80];
    bool pending;
    WITHIN(OPEN_MOST, tillsense_look(model, sizeof model, &info));
    WITHIN(OPEN_MOST, tillsense_open(&session, model, sizeof model, arena, sizeof arena));
    WITHIN(CALL_MOST, tillsense_push_image(&session, 0, photo, sizeof photo));
    WITHIN(CALL_MOST, tillsense_push_audio(&session, 1, sound, SOUND_LEN));
    WITHIN(CALL_MOST, tillsense_push_text(&session, 2, request, sizeof request));
    WITHIN(CALL_MOST, tillsense_push_text(&session, 3, words, sizeof words));
    WITHIN(CALL_MOST, tillsense_push_record(&session, 4, client, CLIENT_LEN));
    WITHIN(CALL_MOST, tillsense_push_named(&session, 5, named_months[0], 2));
    WITHIN(CALL_MOST, tillsense_run(&session));
    WITHIN(CALL_MOST, tillsense_verdict(&session, 0, &verdict));
    WITHIN(CALL_MOST, tillsense_begin_run(&session));
    WITHIN(CALL_MOST, tillsense_step(&session, 9, &pending));
    WITHIN(CALL_MOST, tillsense_step_within(&session, 9, &pending));
    WITHIN(CALL_MOST, tillsense_run(&session));
    static tillsense_value many[255];
    WITHIN(CALL_MOST, tillsense_push_record(&session, 4, many, 64));
    WITHIN(LONG_RECORD_MOST, tillsense_push_record(&session, 4, many, 255));
    WITHIN(CALL_MOST, tillsense_explain(&session, line, sizeof line));
    WITHIN(CALL_MOST, tillsense_close(&session));
}

int main(void) {
    /* The measure sees what is there. */
    paint();
    CHECK(used() < 300);
    calls();
    CHECK(tillsense_run(&session) == TILLSENSE_ERROR_CLOSED);
    say("within\n");
    return 0;
}
