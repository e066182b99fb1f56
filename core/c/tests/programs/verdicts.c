/* The scores of a session in C are those of a session in Rust, whether pushes are whole or stepped through. */
#include "check.h"
#include "samples.h"

static tillsense_session session;
static uint8_t arena[ARENA_LEN] ALIGNED, fresh[ARENA_LEN];

enum { PHOTO, SOUND, REQUEST, WORDS, CLIENT, MONTHS };

static void is_as_in_rust(void) {
    tillsense_verdict_t digit, risk;
    OK(tillsense_verdict(&session, 0, &digit));
    OK(tillsense_verdict(&session, 1, &risk));
    CHECK(digit.classes == sizeof digit_scores && risk.classes == sizeof risk_scores);
    CHECK(memcmp(digit.scores, digit_scores, sizeof digit_scores) == 0);
    CHECK(memcmp(risk.scores, risk_scores, sizeof risk_scores) == 0);
    CHECK(digit.class_number == DIGIT_CLASS && digit.score == DIGIT_SCORE && digit.defer == DIGIT_DEFER);
    CHECK(is(digit.name, DIGIT_NAME));
    CHECK(risk.class_number == RISK_CLASS && risk.score == RISK_SCORE && risk.defer == RISK_DEFER);
    CHECK(is(risk.name, RISK_NAME));
    const int8_t *values;
    size_t count;
    OK(tillsense_values(&session, 1, &values, &count));
    CHECK(values == risk.scores && count == risk.classes);
}

/* Steps, one op at a time, until nothing waits. */
static void done(void) {
    bool pending = true;
    unsigned steps = 0;
    while (pending) {
        OK(steps % 2 ? tillsense_step(&session, 1, &pending) : tillsense_step_within(&session, 0, &pending));
        steps++;
    }
    CHECK(steps > 0);
}

static void push_all(void) {
    OK(tillsense_push_image(&session, PHOTO, photo, sizeof photo));
    OK(tillsense_push_audio(&session, SOUND, sound, SOUND_LEN / 2));
    OK(tillsense_push_record(&session, CLIENT, client, CLIENT_LEN));
    OK(tillsense_push_audio(&session, SOUND, sound + SOUND_LEN / 2, SOUND_LEN - SOUND_LEN / 2));
    OK(tillsense_push_text(&session, REQUEST, request, sizeof request));
    OK(tillsense_push_text(&session, WORDS, words, sizeof words));
    for (size_t i = 0; i < MONTHS_LEN; i++) {
        OK(tillsense_push_record(&session, MONTHS, months[i], 2));
    }
}

static void step_through_all(void) {
    for (size_t at = 0; at < SOUND_LEN;) {
        size_t taken;
        OK(tillsense_begin_audio(&session, SOUND, sound + at, SOUND_LEN - at, &taken));
        CHECK(taken > 0 && taken <= SOUND_LEN - at);
        at += taken;
        done();
    }
    OK(tillsense_begin_text(&session, WORDS, words, sizeof words));
    done();
    for (size_t i = 0; i < MONTHS_LEN; i++) {
        OK(tillsense_begin_named(&session, MONTHS, named_months[i], 2));
        done();
    }
    OK(tillsense_begin_image(&session, PHOTO, photo, sizeof photo));
    done();
    OK(tillsense_begin_record(&session, CLIENT, client, CLIENT_LEN));
    done();
    OK(tillsense_begin_text(&session, REQUEST, request, sizeof request));
    done();
}

static void tensors(void) {
    static uint8_t memory[TENSOR_ARENA_LEN] ALIGNED;
    static const int8_t given[4] = {10, 20, -30, 40};
    const int8_t *values;
    size_t count;
    bool whole, pending;
    OK(tillsense_open(&session, tensor_model, sizeof tensor_model, memory, sizeof memory));
    OK(tillsense_push_tensor(&session, 0, given, 4));
    OK(tillsense_run(&session));
    OK(tillsense_values(&session, 0, &values, &count));
    CHECK(count == sizeof tensor_values && memcmp(values, tensor_values, count) == 0);
    /* In pieces. */
    OK(tillsense_reset(&session));
    OK(tillsense_push_tensor_piece(&session, 0, 0, given, 3, &whole));
    CHECK(!whole);
    OK(tillsense_push_tensor_piece(&session, 0, 3, given + 3, 1, &whole));
    CHECK(whole);
    OK(tillsense_run(&session));
    OK(tillsense_values(&session, 0, &values, &count));
    CHECK(memcmp(values, tensor_values, count) == 0);
    /* In pieces, stepped through. */
    OK(tillsense_reset(&session));
    OK(tillsense_begin_tensor_piece(&session, 0, 0, given, 1, &whole));
    CHECK(!whole);
    OK(tillsense_begin_tensor_piece(&session, 0, 1, given + 1, 3, &whole));
    CHECK(whole);
    OK(tillsense_begin_run(&session));
    OK(tillsense_step(&session, 0, &pending));
    CHECK(pending);
    OK(tillsense_step(&session, UINT32_MAX, &pending));
    CHECK(!pending);
    OK(tillsense_values(&session, 0, &values, &count));
    CHECK(memcmp(values, tensor_values, count) == 0);
}

static void names(void) {
    tillsense_info info, looked;
    tillsense_text name;
    uint32_t number;
    OK(tillsense_info_of(&session, &info));
    OK(tillsense_look(model, sizeof model, &looked));
    CHECK(is(info.name, "everything") && is(looked.name, "everything"));
    CHECK(info.arena_len == ARENA_LEN && looked.arena_len == ARENA_LEN);
    CHECK(info.inputs == 6 && info.heads == 2 && info.model_version == 3);
    CHECK(looked.inputs == 6 && looked.heads == 2 && looked.model_version == 3);
    CHECK(memcmp(info.digest, model_digest, 32) == 0 && memcmp(looked.digest, model_digest, 32) == 0);
    CHECK(memcmp(info.interface_digest, interface_digest, 32) == 0);
    CHECK(memcmp(looked.interface_digest, interface_digest, 32) == 0);
    OK(tillsense_expect(&session, interface_digest));
    OK(tillsense_input_name(&session, MONTHS, &name));
    CHECK(is(name, "months"));
    OK(tillsense_head_name(&session, 1, &name));
    CHECK(is(name, "risk"));
    OK(tillsense_class_name(&session, 1, 2, &name));
    CHECK(is(name, "high"));
    OK(tillsense_find_input(&session, "client", 6, &number));
    CHECK(number == CLIENT);
    OK(tillsense_find_head(&session, "risk", 4, &number));
    CHECK(number == 1);
    CHECK(tillsense_version() == TILLSENSE_VERSION);
}

int main(void) {
    OK(tillsense_open(&session, model, sizeof model, arena, sizeof arena));
    memcpy(fresh, arena, sizeof arena);
    names();
    push_all();
    OK(tillsense_run(&session));
    is_as_in_rust();
    OK(tillsense_reset(&session));
    step_through_all();
    OK(tillsense_begin_run(&session));
    done();
    is_as_in_rust();
    /* A run does what waits. */
    OK(tillsense_reset(&session));
    push_all();
    OK(tillsense_begin_image(&session, PHOTO, photo, sizeof photo));
    OK(tillsense_run(&session));
    is_as_in_rust();
    OK(tillsense_close(&session));
    CHECK(memcmp(arena, fresh, sizeof arena) == 0);
    tensors();
    say("as in Rust\n");
    return 0;
}
