/* A library without the part that a model needs says which one it is. */
#include "check.h"
#include "samples.h"

int main(void) {
    static tillsense_session session;
    static uint8_t arena[ARENA_LEN] ALIGNED;
    char line[200];
    tillsense_text part;
    tillsense_info info;
    EXPECT(TILLSENSE_ERROR_FILE_PART_LEFT_OUT, tillsense_look(model, sizeof model, &info));
    EXPECT(TILLSENSE_ERROR_FILE_PART_LEFT_OUT,
           tillsense_open(&session, model, sizeof model, arena, sizeof arena));
    OK(tillsense_left_out(&session, &part));
    CHECK(is(part, "softmax"));
    CHECK(tillsense_explain(&session, line, sizeof line) < sizeof line);
    CHECK(strstr(line, "`softmax`") != NULL && strstr(line, "`tillsense library MODEL`") != NULL);
    EXPECT(TILLSENSE_ERROR_NOT_OPENED, tillsense_run(&session));
    say("says softmax\n");
    return 0;
}
