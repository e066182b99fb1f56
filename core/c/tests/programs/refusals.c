/* Every bad input has a status of its own, and loses nothing that was accepted. */
#include "check.h"
#include "samples.h"

static tillsense_session session;
static uint8_t arena[ARENA_LEN + 16] ALIGNED;
static uint8_t file[LONGEST + sizeof(tillsense_session)] ALIGNED;
static char line[300];

enum { PHOTO, SOUND, REQUEST, WORDS, CLIENT, MONTHS };

/* Opens a session on what `file` holds. */
static tillsense_status open_file(size_t len) {
    return tillsense_open(&session, file, len, arena, ARENA_LEN);
}

/* Puts the model into `file`, with one byte changed. */
static void change(size_t at, uint8_t to) {
    memcpy(file, model, sizeof model);
    file[at] = to;
}

/* Whether the last refusal is said in a line that holds this. */
static void says(const char *part) {
    size_t len = tillsense_explain(&session, line, sizeof line);
    CHECK(len > 0 && len < sizeof line && strlen(line) == len && strchr(line, '\n') == NULL);
    if (strstr(line, part) == NULL) {
        say(line);
        say(" holds no: ");
        say(part);
        say("\n");
        stop(1);
    }
}

/* A refused file is refused by a look too, and leaves no session. */
static void refused(tillsense_status status, size_t len, const char *part) {
    tillsense_info info;
    EXPECT(status, tillsense_look(file, len, &info));
    EXPECT(status, open_file(len));
    says(part);
    EXPECT(TILLSENSE_ERROR_NOT_OPENED, tillsense_run(&session));
    EXPECT(TILLSENSE_ERROR_NOT_OPENED, tillsense_info_of(&session, &info));
    says(part);
}

static void files(void) {
    change(0, 'x');
    refused(TILLSENSE_ERROR_FILE_NOT_A_MODEL, sizeof model, "not a Tillsense model");
    change(8, 1);
    refused(TILLSENSE_ERROR_FILE_OLDER_CONTRACT, sizeof model, "contract 1");
    change(8, TILLSENSE_CONTRACT + 1);
    refused(TILLSENSE_ERROR_FILE_NEWER_CONTRACT, sizeof model, "contract 3");
    change(12, 1);
    refused(TILLSENSE_ERROR_FILE_OLDER_FORMAT, sizeof model, "earlier version");
    change(12, TILLSENSE_FORMAT + 1);
    refused(TILLSENSE_ERROR_FILE_NEWER_FORMAT, sizeof model, "later version");
    change(14, 1);
    refused(TILLSENSE_ERROR_FILE_UNSUPPORTED, sizeof model, "signed");
    change(39, 0xff);
    refused(TILLSENSE_ERROR_FILE_TOO_LARGE, sizeof model, "MiB");
    change(200, (uint8_t)(model[200] ^ 1));
    refused(TILLSENSE_ERROR_FILE_DAMAGED, sizeof model, "damaged");
    memcpy(file, model, sizeof model);
    refused(TILLSENSE_ERROR_FILE_CUT, sizeof model - 1, "cut off");
    refused(TILLSENSE_ERROR_FILE_CUT, 7, "cut off");
    refused(TILLSENSE_ERROR_FILE_CUT, 0, "cut off");
    refused(TILLSENSE_ERROR_FILE_TOO_LONG, sizeof model + 1, "goes on after its end");
    memcpy(file, faulty_model, sizeof faulty_model);
    refused(TILLSENSE_ERROR_FILE_INVALID, sizeof faulty_model, "wrong");
#if defined(__arm__) || defined(__riscv)
    /* The portable kernels of a host read every order of weights. */
    memcpy(file, helium_model, sizeof helium_model);
    refused(TILLSENSE_ERROR_FILE_OTHER_TARGET, sizeof helium_model, "packed");
#endif
    for (size_t by = 1; by < TILLSENSE_ALIGN; by++) {
        tillsense_info info;
        memcpy(file + by, model, sizeof model);
        EXPECT(TILLSENSE_ERROR_FILE_MISALIGNED, tillsense_look(file + by, sizeof model, &info));
        EXPECT(TILLSENSE_ERROR_FILE_MISALIGNED,
               tillsense_open(&session, file + by, sizeof model, arena, ARENA_LEN));
        says("multiple of 16");
    }
    memcpy(file, model, sizeof model);
}

static void arenas(void) {
    for (size_t by = 1; by < TILLSENSE_ALIGN; by++) {
        EXPECT(TILLSENSE_ERROR_ARENA_MISALIGNED,
               tillsense_open(&session, file, sizeof model, arena + by, ARENA_LEN));
        says("multiple of 16");
    }
    EXPECT(TILLSENSE_ERROR_ARENA_TOO_SMALL,
           tillsense_open(&session, file, sizeof model, arena, ARENA_LEN - 1));
    says("bytes of arena");
    EXPECT(TILLSENSE_ERROR_ARENA_TOO_SMALL, tillsense_open(&session, file, sizeof model, arena, 0));
    EXPECT(TILLSENSE_ERROR_OVERLAP, tillsense_open(&session, file, sizeof model, file, sizeof file));
    says("share memory");
    /* A session in its own arena, or in its own model. */
    tillsense_session *inside = (tillsense_session *)(void *)(arena + 64);
    EXPECT(TILLSENSE_ERROR_OVERLAP, tillsense_open(inside, file, sizeof model, arena, ARENA_LEN));
    EXPECT(TILLSENSE_ERROR_NOT_OPENED, tillsense_run(inside));
    inside = (tillsense_session *)(void *)(file + sizeof model - 64);
    EXPECT(TILLSENSE_ERROR_OVERLAP, tillsense_open(inside, file, sizeof model, arena, ARENA_LEN));
    memcpy(file, model, sizeof model);
}

static void handles(void) {
    static tillsense_session zeros, random, copy;
    tillsense_info info;
    bool pending;
    EXPECT(TILLSENSE_ERROR_NO_SESSION, tillsense_run(&zeros));
    EXPECT(TILLSENSE_ERROR_NO_SESSION, tillsense_close(&zeros));
    EXPECT(TILLSENSE_ERROR_NO_SESSION, tillsense_push_image(&zeros, PHOTO, photo, sizeof photo));
    uint32_t state = 1;
    for (int turn = 0; turn < 1000; turn++) {
        for (size_t i = 0; i < sizeof random; i++) {
            state = state * 1664525u + 1013904223u;
            ((uint8_t *)&random)[i] = (uint8_t)(state >> 24);
        }
        EXPECT(TILLSENSE_ERROR_NO_SESSION, tillsense_run(&random));
        EXPECT(TILLSENSE_ERROR_NO_SESSION, tillsense_info_of(&random, &info));
        EXPECT(TILLSENSE_ERROR_NO_SESSION, tillsense_step(&random, 1, &pending));
    }
    OK(open_file(sizeof model));
    copy = session;
    EXPECT(TILLSENSE_ERROR_COPIED, tillsense_run(&copy));
    EXPECT(TILLSENSE_ERROR_COPIED, tillsense_info_of(&copy, &info));
    EXPECT(TILLSENSE_ERROR_COPIED, tillsense_close(&copy));
    OK(tillsense_run(&session));
    OK(tillsense_close(&session));
    EXPECT(TILLSENSE_ERROR_CLOSED, tillsense_run(&session));
    EXPECT(TILLSENSE_ERROR_CLOSED, tillsense_info_of(&session, &info));
    EXPECT(TILLSENSE_ERROR_CLOSED, tillsense_close(&session));
    copy = session;
    EXPECT(TILLSENSE_ERROR_COPIED, tillsense_run(&copy));
    /* Memory of any content may be opened. */
    OK(tillsense_open(&random, model, sizeof model, arena, ARENA_LEN));
    OK(tillsense_close(&random));
    /* A session that does not lie as its type must. */
    uint8_t room[sizeof(tillsense_session) + 8];
    tillsense_session *odd = (tillsense_session *)(void *)(room + ((uintptr_t)room % 2 == 0));
    EXPECT(TILLSENSE_ERROR_MISALIGNED_POINTER, tillsense_run(odd));
    EXPECT(TILLSENSE_ERROR_MISALIGNED_POINTER, tillsense_open(odd, model, sizeof model, arena, ARENA_LEN));
    CHECK(tillsense_explain(odd, line, sizeof line) > 0 && strstr(line, "alignment") != NULL);
    CHECK(tillsense_explain(&copy, line, sizeof line) > 0 && strstr(line, "copied") != NULL);
    CHECK(tillsense_explain(NULL, line, sizeof line) > 0 && strstr(line, "null") != NULL);
}

/* Addresses that are no array's. */
static void pointers(void) {
    uint32_t number = 7;
    tillsense_text name;
    OK(open_file(sizeof model));
    const int16_t *odd = (const int16_t *)(const void *)((const uint8_t *)sound + 1);
    EXPECT(TILLSENSE_ERROR_MISALIGNED_POINTER, tillsense_push_audio(&session, SOUND, odd, 10));
    const tillsense_value *values = (const tillsense_value *)(const void *)((const uint8_t *)client + 1);
    EXPECT(TILLSENSE_ERROR_MISALIGNED_POINTER, tillsense_push_record(&session, CLIENT, values, 1));
    uint32_t *place = (uint32_t *)(void *)((uint8_t *)&number + 1);
    EXPECT(TILLSENSE_ERROR_MISALIGNED_POINTER, tillsense_find_input(&session, "photo", 5, place));
    CHECK(number == 7);
    EXPECT(TILLSENSE_ERROR_LENGTH, tillsense_push_image(&session, PHOTO, photo, SIZE_MAX));
    EXPECT(TILLSENSE_ERROR_LENGTH, tillsense_push_audio(&session, SOUND, sound, SIZE_MAX / 2 + 2));
    EXPECT(TILLSENSE_ERROR_LENGTH, tillsense_push_record(&session, CLIENT, client, SIZE_MAX / 4));
    EXPECT(TILLSENSE_ERROR_LENGTH, tillsense_find_input(&session, "photo", SIZE_MAX, &number));
    tillsense_info info;
    EXPECT(TILLSENSE_ERROR_LENGTH, tillsense_look(file, SIZE_MAX, &info));
    /* What lies in the session's own memory. */
    EXPECT(TILLSENSE_ERROR_OVERLAP, tillsense_push_image(&session, PHOTO, arena + 100, sizeof photo));
    EXPECT(TILLSENSE_ERROR_OVERLAP, tillsense_push_text(&session, WORDS, (const char *)&session, 8));
    says("share memory");
    EXPECT(TILLSENSE_ERROR_OVERLAP, tillsense_input_name(&session, 0, (tillsense_text *)(void *)arena));
    EXPECT(TILLSENSE_ERROR_OVERLAP, tillsense_input_name(&session, 0, (tillsense_text *)(void *)(file + 16)));
    EXPECT(TILLSENSE_ERROR_OVERLAP, tillsense_input_name(&session, 0, (tillsense_text *)(void *)&session));
    EXPECT(TILLSENSE_ERROR_OVERLAP, tillsense_left_out(&session, (tillsense_text *)(void *)&session));
    EXPECT(TILLSENSE_ERROR_OVERLAP, tillsense_look(file, sizeof model, (tillsense_info *)(void *)(file + 16)));
    CHECK(tillsense_explain(&session, (char *)arena, 8) == 0);
    CHECK(tillsense_explain(&session, (char *)&session, 8) == 0);
    CHECK(tillsense_explain(&session, NULL, 8) == 0);
    CHECK(memcmp(file, model, sizeof model) == 0);
    OK(tillsense_input_name(&session, 0, &name));
    /* A name out of the model is an array as good as any. */
    OK(tillsense_find_input(&session, name.at, name.len, &number));
    CHECK(number == 0);
}

static void is_as_in_rust(void) {
    const int8_t *values;
    size_t count;
    OK(tillsense_run(&session));
    OK(tillsense_values(&session, 0, &values, &count));
    CHECK(count == sizeof digit_scores && memcmp(values, digit_scores, count) == 0);
    OK(tillsense_values(&session, 1, &values, &count));
    CHECK(count == sizeof risk_scores && memcmp(values, risk_scores, count) == 0);
}

static void numbers(void) {
    tillsense_verdict_t verdict;
    tillsense_text name;
    const int8_t *values;
    size_t count;
    uint32_t number;
    uint8_t digest[32] = {0};
    OK(open_file(sizeof model));
    EXPECT(TILLSENSE_ERROR_INTERFACE, tillsense_expect(&session, digest));
    EXPECT(TILLSENSE_ERROR_NOT_RUN, tillsense_verdict(&session, 0, &verdict));
    EXPECT(TILLSENSE_ERROR_NOT_RUN, tillsense_values(&session, 1, &values, &count));
    EXPECT(TILLSENSE_ERROR_NO_SUCH_HEAD, tillsense_verdict(&session, 2, &verdict));
    EXPECT(TILLSENSE_ERROR_NO_SUCH_HEAD, tillsense_values(&session, UINT32_MAX, &values, &count));
    OK(tillsense_run(&session));
    OK(tillsense_verdict(&session, 1, &verdict));
    EXPECT(TILLSENSE_ERROR_NO_SUCH_HEAD, tillsense_verdict(&session, 2, &verdict));
    EXPECT(TILLSENSE_ERROR_NO_SUCH_INPUT, tillsense_input_name(&session, 6, &name));
    EXPECT(TILLSENSE_ERROR_NO_SUCH_HEAD, tillsense_head_name(&session, 2, &name));
    EXPECT(TILLSENSE_ERROR_NO_SUCH_HEAD, tillsense_class_name(&session, 2, 0, &name));
    EXPECT(TILLSENSE_ERROR_NO_SUCH_CLASS, tillsense_class_name(&session, 1, 3, &name));
    EXPECT(TILLSENSE_ERROR_NO_SUCH_INPUT, tillsense_find_input(&session, "risk", 4, &number));
    EXPECT(TILLSENSE_ERROR_NO_SUCH_HEAD, tillsense_find_head(&session, "photo", 5, &number));
    EXPECT(TILLSENSE_ERROR_NOT_UTF8, tillsense_find_head(&session, "\xff", 1, &number));
    /* A push forgets the answers. */
    OK(tillsense_push_text(&session, WORDS, words, sizeof words));
    EXPECT(TILLSENSE_ERROR_NOT_RUN, tillsense_verdict(&session, 1, &verdict));
    static uint8_t memory[TENSOR_ARENA_LEN] ALIGNED;
    OK(tillsense_open(&session, tensor_model, sizeof tensor_model, memory, sizeof memory));
    OK(tillsense_run(&session));
    EXPECT(TILLSENSE_ERROR_NO_CLASSES, tillsense_verdict(&session, 0, &verdict));
    EXPECT(TILLSENSE_ERROR_NO_CLASSES, tillsense_class_name(&session, 0, 0, &name));
    int8_t tensor[5] = {0};
    bool whole;
    EXPECT(TILLSENSE_ERROR_TENSOR_SIZE, tillsense_push_tensor(&session, 0, tensor, 3));
    EXPECT(TILLSENSE_ERROR_TENSOR_SIZE, tillsense_push_tensor(&session, 0, tensor, 5));
    EXPECT(TILLSENSE_ERROR_PIECE_ORDER, tillsense_push_tensor_piece(&session, 0, 1, tensor, 1, &whole));
    says("offset 0");
}

/* Between any two pushes that are accepted come all that are not. */
static void wrong_pushes(void) {
    bool whole = true;
    size_t taken = 77;
    EXPECT(TILLSENSE_ERROR_NO_SUCH_INPUT, tillsense_push_image(&session, 6, photo, sizeof photo));
    says("no such input");
    EXPECT(TILLSENSE_ERROR_NO_SUCH_INPUT, tillsense_push_audio(&session, UINT32_MAX, sound, SOUND_LEN));
    EXPECT(TILLSENSE_ERROR_WRONG_KIND, tillsense_push_image(&session, SOUND, photo, sizeof photo));
    EXPECT(TILLSENSE_ERROR_WRONG_KIND, tillsense_push_audio(&session, PHOTO, sound, SOUND_LEN));
    EXPECT(TILLSENSE_ERROR_WRONG_KIND, tillsense_push_text(&session, CLIENT, words, sizeof words));
    EXPECT(TILLSENSE_ERROR_WRONG_KIND, tillsense_push_record(&session, WORDS, client, CLIENT_LEN));
    EXPECT(TILLSENSE_ERROR_WRONG_KIND, tillsense_push_tensor(&session, PHOTO, (const int8_t *)photo, 4));
    EXPECT(TILLSENSE_ERROR_WRONG_KIND, tillsense_begin_audio(&session, WORDS, sound, SOUND_LEN, &taken));
    CHECK(taken == 77);
    EXPECT(TILLSENSE_ERROR_IMAGE_SIZE, tillsense_push_image(&session, PHOTO, photo, sizeof photo - 1));
    says("`photo`");
    EXPECT(TILLSENSE_ERROR_IMAGE_NOT_IN_PIECES, tillsense_push_image_piece(&session, PHOTO, 0, photo, 10, &whole));
    CHECK(whole);
    EXPECT(TILLSENSE_ERROR_NO_SAMPLES, tillsense_push_audio(&session, SOUND, sound, 0));
    EXPECT(TILLSENSE_ERROR_TEXT_EMPTY, tillsense_push_text(&session, REQUEST, "...", 3));
    says("`request`");
    EXPECT(TILLSENSE_ERROR_RECORD_COUNT, tillsense_push_record(&session, CLIENT, client, CLIENT_LEN - 1));
    says("`client`");
    tillsense_value many[300];
    for (size_t i = 0; i < 300; i++) {
        many[i] = client[0];
    }
    for (size_t i = 4; i <= 300; i += 4) {
        EXPECT(TILLSENSE_ERROR_RECORD_COUNT, tillsense_push_record(&session, CLIENT, many, i));
    }
    tillsense_value wrong[3] = {client[0], client[1], client[2]};
    wrong[1].kind = TILLSENSE_NAME;
    wrong[1].name = "forty";
    wrong[1].name_len = 5;
    EXPECT(TILLSENSE_ERROR_RECORD_NOT_A_NUMBER, tillsense_push_record(&session, CLIENT, wrong, 3));
    says("field `age`");
    wrong[1] = client[1];
    wrong[2].kind = TILLSENSE_NUMBER;
    EXPECT(TILLSENSE_ERROR_RECORD_NOT_A_NAME, tillsense_push_record(&session, CLIENT, wrong, 3));
    says("field `visitor`");
    wrong[2].kind = TILLSENSE_NAME;
    wrong[2].name = "Nobody";
    wrong[2].name_len = 6;
    EXPECT(TILLSENSE_ERROR_RECORD_UNKNOWN_NAME, tillsense_push_record(&session, CLIENT, wrong, 3));
    wrong[2].name = "\xc3(";
    wrong[2].name_len = 2;
    EXPECT(TILLSENSE_ERROR_NOT_UTF8, tillsense_push_record(&session, CLIENT, wrong, 3));
    wrong[2].kind = 3;
    EXPECT(TILLSENSE_ERROR_VALUE_KIND, tillsense_push_record(&session, CLIENT, wrong, 3));
    wrong[2].kind = -1;
    EXPECT(TILLSENSE_ERROR_VALUE_KIND, tillsense_begin_record(&session, CLIENT, wrong, 3));
    tillsense_named_value named[3] = {named_months[0][0], named_months[0][1], named_months[0][0]};
    EXPECT(TILLSENSE_ERROR_RECORD_NOT_GIVEN, tillsense_push_named(&session, MONTHS, named, 1));
    says("no value is given");
    EXPECT(TILLSENSE_ERROR_RECORD_GIVEN_TWICE, tillsense_push_named(&session, MONTHS, named, 3));
    named[2].field = "bills";
    named[2].field_len = 5;
    EXPECT(TILLSENSE_ERROR_RECORD_NO_SUCH_FIELD, tillsense_push_named(&session, MONTHS, named, 3));
    /* More values than any record has fields. */
    static tillsense_named_value crowd[256];
    EXPECT(TILLSENSE_ERROR_RECORD_COUNT, tillsense_push_named(&session, MONTHS, crowd, 256));
    EXPECT(TILLSENSE_ERROR_WRONG_KIND, tillsense_push_named(&session, WORDS, crowd, 256));
}

/* While work waits nothing is taken. */
static void pushes_meanwhile(void) {
    bool pending;
    size_t taken;
    tillsense_verdict_t verdict;
    EXPECT(TILLSENSE_ERROR_PENDING, tillsense_push_audio(&session, SOUND, sound, SOUND_LEN));
    says("ops wait");
    EXPECT(TILLSENSE_ERROR_PENDING, tillsense_begin_audio(&session, SOUND, sound, SOUND_LEN, &taken));
    EXPECT(TILLSENSE_ERROR_PENDING, tillsense_push_image(&session, PHOTO, photo, sizeof photo));
    EXPECT(TILLSENSE_ERROR_PENDING, tillsense_push_text(&session, WORDS, words, sizeof words));
    EXPECT(TILLSENSE_ERROR_PENDING, tillsense_push_record(&session, CLIENT, client, CLIENT_LEN));
    EXPECT(TILLSENSE_ERROR_NOT_RUN, tillsense_verdict(&session, 0, &verdict));
    OK(tillsense_step(&session, 0, &pending));
    CHECK(pending);
}

/* Steps until nothing waits; nothing is taken meanwhile. */
static void step_through(void) {
    bool pending;
    OK(tillsense_step(&session, 0, &pending));
    while (pending) {
        pushes_meanwhile();
        OK(tillsense_step(&session, 1, &pending));
    }
}

static void pushes(void) {
    OK(open_file(sizeof model));
    wrong_pushes();
    OK(tillsense_push_image(&session, PHOTO, photo, sizeof photo));
    wrong_pushes();
    for (size_t at = 0; at < SOUND_LEN;) {
        size_t taken;
        OK(tillsense_begin_audio(&session, SOUND, sound + at, SOUND_LEN - at, &taken));
        at += taken;
        step_through();
    }
    wrong_pushes();
    OK(tillsense_push_text(&session, REQUEST, request, sizeof request));
    OK(tillsense_begin_text(&session, WORDS, words, sizeof words));
    step_through();
    wrong_pushes();
    OK(tillsense_push_record(&session, CLIENT, client, CLIENT_LEN));
    for (size_t i = 0; i < MONTHS_LEN; i++) {
        OK(tillsense_push_named(&session, MONTHS, named_months[i], 2));
        wrong_pushes();
    }
    OK(tillsense_begin_run(&session));
    step_through();
    is_as_in_rust();
    for (size_t i = MONTHS_LEN; i < 4; i++) {
        OK(tillsense_push_record(&session, MONTHS, months[0], 2));
    }
    EXPECT(TILLSENSE_ERROR_TOO_MANY_RECORDS, tillsense_push_record(&session, MONTHS, months[0], 2));
}

static void lines(void) {
    change(8, TILLSENSE_CONTRACT + 1);
    refused(TILLSENSE_ERROR_FILE_NEWER_CONTRACT, sizeof model, "contract 3");
    size_t len = tillsense_explain(&session, NULL, 0);
    CHECK(len == tillsense_explain(&session, line, sizeof line) && len > 10);
    char buffer[300];
    for (size_t room = 1; room <= len + 2; room++) {
        memset(buffer, '#', sizeof buffer);
        CHECK(tillsense_explain(&session, buffer, room) == len);
        size_t fits = room - 1 < len ? room - 1 : len;
        CHECK(strlen(buffer) == fits && memcmp(buffer, line, fits) == 0 && buffer[fits + 1] == '#');
    }
    /* The file is right again, and nothing was refused since. */
    memcpy(file, model, sizeof model);
    OK(open_file(sizeof model));
    CHECK(tillsense_explain(&session, buffer, sizeof buffer) == 0 && buffer[0] == 0);
    tillsense_text part;
    OK(tillsense_left_out(&session, &part));
    CHECK(part.at == NULL && part.len == 0);
    /* A call that is done takes the words of an earlier refusal away. */
    EXPECT(TILLSENSE_ERROR_NO_SUCH_INPUT, tillsense_push_text(&session, 6, "word", 4));
    says("no such input");
    OK(tillsense_run(&session));
    CHECK(tillsense_explain(&session, buffer, sizeof buffer) == 0 && buffer[0] == 0);
    /* Nor does a session that the program closed hide the status that made it do so. */
    OK(tillsense_close(&session));
    CHECK(tillsense_explain(&session, buffer, sizeof buffer) == 0 && buffer[0] == 0);
}

static void texts(void) {
    static const tillsense_status all[] = {STATUSES};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        CHECK(strcmp(tillsense_status_text(all[i]), "unknown status") != 0);
        for (size_t other = 0; other < i; other++) {
            CHECK(strcmp(tillsense_status_text(all[i]), tillsense_status_text(all[other])) != 0);
        }
    }
    CHECK(strcmp(tillsense_status_text((tillsense_status)-1), "unknown status") == 0);
    CHECK(strcmp(tillsense_status_text((tillsense_status)29), "unknown status") == 0);
    CHECK(strcmp(tillsense_status_text((tillsense_status)INT32_MAX), "unknown status") == 0);
}

int main(void) {
    files();
    arenas();
    handles();
    pointers();
    numbers();
    pushes();
    lines();
    texts();
    say("all refused\n");
    return 0;
}
