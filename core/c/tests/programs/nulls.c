/* Every pointer that a function takes may be null, which has a status of its own. */
#include "check.h"
#include "samples.h"

static tillsense_session session;
static uint8_t arena[ARENA_LEN] ALIGNED;

enum { PHOTO, SOUND, REQUEST, WORDS, CLIENT, MONTHS };

#define NULL_ERROR(call) EXPECT(TILLSENSE_ERROR_NULL_POINTER, call)

static void null_sessions(void) {
    tillsense_info info;
    tillsense_verdict_t verdict;
    tillsense_text text;
    const int8_t *values;
    size_t count;
    uint32_t number;
    bool told;
    int8_t tensor[4] = {0};
    NULL_ERROR(tillsense_open(NULL, model, sizeof model, arena, ARENA_LEN));
    NULL_ERROR(tillsense_info_of(NULL, &info));
    NULL_ERROR(tillsense_expect(NULL, interface_digest));
    NULL_ERROR(tillsense_reset(NULL));
    NULL_ERROR(tillsense_close(NULL));
    NULL_ERROR(tillsense_push_image(NULL, PHOTO, photo, sizeof photo));
    NULL_ERROR(tillsense_push_image_piece(NULL, PHOTO, 0, photo, 1, &told));
    NULL_ERROR(tillsense_push_audio(NULL, SOUND, sound, SOUND_LEN));
    NULL_ERROR(tillsense_push_text(NULL, WORDS, words, sizeof words));
    NULL_ERROR(tillsense_push_record(NULL, CLIENT, client, CLIENT_LEN));
    NULL_ERROR(tillsense_push_named(NULL, MONTHS, named_months[0], 2));
    NULL_ERROR(tillsense_push_tensor(NULL, 0, tensor, 4));
    NULL_ERROR(tillsense_push_tensor_piece(NULL, 0, 0, tensor, 4, &told));
    NULL_ERROR(tillsense_begin_image(NULL, PHOTO, photo, sizeof photo));
    NULL_ERROR(tillsense_begin_image_piece(NULL, PHOTO, 0, photo, 1, &told));
    NULL_ERROR(tillsense_begin_audio(NULL, SOUND, sound, SOUND_LEN, &count));
    NULL_ERROR(tillsense_begin_text(NULL, WORDS, words, sizeof words));
    NULL_ERROR(tillsense_begin_record(NULL, CLIENT, client, CLIENT_LEN));
    NULL_ERROR(tillsense_begin_named(NULL, MONTHS, named_months[0], 2));
    NULL_ERROR(tillsense_begin_tensor(NULL, 0, tensor, 4));
    NULL_ERROR(tillsense_begin_tensor_piece(NULL, 0, 0, tensor, 4, &told));
    NULL_ERROR(tillsense_begin_run(NULL));
    NULL_ERROR(tillsense_step(NULL, 1, &told));
    NULL_ERROR(tillsense_step_within(NULL, 1, &told));
    NULL_ERROR(tillsense_run(NULL));
    NULL_ERROR(tillsense_verdict(NULL, 0, &verdict));
    NULL_ERROR(tillsense_values(NULL, 0, &values, &count));
    NULL_ERROR(tillsense_input_name(NULL, 0, &text));
    NULL_ERROR(tillsense_head_name(NULL, 0, &text));
    NULL_ERROR(tillsense_class_name(NULL, 0, 0, &text));
    NULL_ERROR(tillsense_find_input(NULL, "photo", 5, &number));
    NULL_ERROR(tillsense_find_head(NULL, "risk", 4, &number));
    NULL_ERROR(tillsense_left_out(NULL, &text));
}

static void null_arguments(void) {
    const int8_t *values;
    size_t count;
    uint32_t number;
    bool told;
    tillsense_info info;
    NULL_ERROR(tillsense_look(NULL, sizeof model, &info));
    NULL_ERROR(tillsense_look(model, sizeof model, NULL));
    NULL_ERROR(tillsense_open(&session, NULL, sizeof model, arena, ARENA_LEN));
    NULL_ERROR(tillsense_open(&session, model, sizeof model, NULL, ARENA_LEN));
    OK(tillsense_open(&session, model, sizeof model, arena, ARENA_LEN));
    NULL_ERROR(tillsense_info_of(&session, NULL));
    NULL_ERROR(tillsense_expect(&session, NULL));
    NULL_ERROR(tillsense_push_image(&session, PHOTO, NULL, sizeof photo));
    char line[80];
    CHECK(tillsense_explain(&session, line, sizeof line) > 0 && strstr(line, "null") != NULL);
    NULL_ERROR(tillsense_push_image_piece(&session, PHOTO, 0, NULL, 1, &told));
    NULL_ERROR(tillsense_push_image_piece(&session, PHOTO, 0, photo, 1, NULL));
    NULL_ERROR(tillsense_push_audio(&session, SOUND, NULL, SOUND_LEN));
    NULL_ERROR(tillsense_push_text(&session, WORDS, NULL, sizeof words));
    NULL_ERROR(tillsense_push_record(&session, CLIENT, NULL, CLIENT_LEN));
    NULL_ERROR(tillsense_push_named(&session, MONTHS, NULL, 2));
    NULL_ERROR(tillsense_push_tensor(&session, 0, NULL, 4));
    NULL_ERROR(tillsense_push_tensor_piece(&session, 0, 0, NULL, 4, &told));
    NULL_ERROR(tillsense_push_tensor_piece(&session, 0, 0, (const int8_t *)photo, 4, NULL));
    NULL_ERROR(tillsense_begin_image(&session, PHOTO, NULL, sizeof photo));
    NULL_ERROR(tillsense_begin_image_piece(&session, PHOTO, 0, NULL, 1, &told));
    NULL_ERROR(tillsense_begin_image_piece(&session, PHOTO, 0, photo, 1, NULL));
    NULL_ERROR(tillsense_begin_audio(&session, SOUND, NULL, SOUND_LEN, &count));
    NULL_ERROR(tillsense_begin_audio(&session, SOUND, sound, SOUND_LEN, NULL));
    NULL_ERROR(tillsense_begin_text(&session, WORDS, NULL, sizeof words));
    NULL_ERROR(tillsense_begin_record(&session, CLIENT, NULL, CLIENT_LEN));
    NULL_ERROR(tillsense_begin_named(&session, MONTHS, NULL, 2));
    NULL_ERROR(tillsense_begin_tensor(&session, 0, NULL, 4));
    NULL_ERROR(tillsense_begin_tensor_piece(&session, 0, 0, NULL, 4, &told));
    NULL_ERROR(tillsense_begin_tensor_piece(&session, 0, 0, (const int8_t *)photo, 4, NULL));
    NULL_ERROR(tillsense_step(&session, 1, NULL));
    NULL_ERROR(tillsense_step_within(&session, 1, NULL));
    NULL_ERROR(tillsense_verdict(&session, 0, NULL));
    NULL_ERROR(tillsense_values(&session, 0, NULL, &count));
    NULL_ERROR(tillsense_values(&session, 0, &values, NULL));
    NULL_ERROR(tillsense_input_name(&session, 0, NULL));
    NULL_ERROR(tillsense_head_name(&session, 0, NULL));
    NULL_ERROR(tillsense_class_name(&session, 0, 0, NULL));
    NULL_ERROR(tillsense_find_input(&session, NULL, 5, &number));
    NULL_ERROR(tillsense_find_input(&session, "photo", 5, NULL));
    NULL_ERROR(tillsense_find_head(&session, NULL, 4, &number));
    NULL_ERROR(tillsense_find_head(&session, "risk", 4, NULL));
    NULL_ERROR(tillsense_left_out(&session, NULL));
    tillsense_value values_of[3] = {{TILLSENSE_NUMBER, 1, NULL, 0}, {TILLSENSE_NUMBER, 1, NULL, 0}, {TILLSENSE_NAME, 0, NULL, 3}};
    NULL_ERROR(tillsense_push_record(&session, CLIENT, values_of, 3));
    tillsense_named_value named[2] = {named_months[0][0], named_months[0][1]};
    named[1].field = NULL;
    NULL_ERROR(tillsense_push_named(&session, MONTHS, named, 2));
    /* Of no elements an array may be null, and is then refused for what it is. */
    EXPECT(TILLSENSE_ERROR_IMAGE_SIZE, tillsense_push_image(&session, PHOTO, NULL, 0));
    EXPECT(TILLSENSE_ERROR_NO_SAMPLES, tillsense_push_audio(&session, SOUND, NULL, 0));
    EXPECT(TILLSENSE_ERROR_TEXT_EMPTY, tillsense_push_text(&session, WORDS, NULL, 0));
    EXPECT(TILLSENSE_ERROR_RECORD_COUNT, tillsense_push_record(&session, CLIENT, NULL, 0));
    EXPECT(TILLSENSE_ERROR_RECORD_NOT_GIVEN, tillsense_push_named(&session, MONTHS, NULL, 0));
    EXPECT(TILLSENSE_ERROR_NO_SUCH_INPUT, tillsense_find_input(&session, NULL, 0, &number));
}

int main(void) {
    null_sessions();
    null_arguments();
    say("all null\n");
    return 0;
}
