/*
 * A terminal in C: a picture, a clip, a text and a record go in, verdicts come out, and the watchdog is fed between the steps.
 *
 * The model lies in flash where the build has put it (tillsense_embed in CMakeLists.txt). The arena and the session are
 * static here; both could as well lie on a stack or in memory that other work uses between two transactions.
 */
#include <string.h>

#include "board.h"
#include "print.h"
#include "sample.h"
#include "tillsense.h"

extern const unsigned char model[], model_end[];

/* More than the model needs: `tillsense library MODEL` prints how much that is. */
static uint8_t arena[8192] __attribute__((aligned(TILLSENSE_ALIGN)));
static tillsense_session session;

/* How often the watchdog was fed while the model ran. */
static int32_t steps;

/* Does the work that waits, an op at a time. Between two of them a terminal looks at its keypad. */
static tillsense_status work(void)
{
    bool pending = true;
    tillsense_status status = TILLSENSE_OK;
    while (status == TILLSENSE_OK && pending) {
        status = tillsense_step(&session, 1, &pending);
        board_feed_watchdog();
        steps++;
    }
    return status;
}

static tillsense_status find(const char *name, uint32_t *input)
{
    return tillsense_find_input(&session, name, strlen(name), input);
}

static tillsense_status take_picture(void)
{
    static uint8_t pixels[PICTURE_LEN];
    uint32_t input;
    tillsense_status status = find("image", &input);
    sample_picture(pixels);
    if (status == TILLSENSE_OK) {
        status = tillsense_begin_image(&session, input, pixels, sizeof pixels);
    }
    return status == TILLSENSE_OK ? work() : status;
}

/* Takes the clip in pieces, as an interrupt would hand them over. */
static tillsense_status take_clip(void)
{
    static int16_t piece[160];
    uint32_t input;
    tillsense_status status = find("audio", &input);
    for (size_t from = 0; status == TILLSENSE_OK && from < CLIP_LEN;) {
        size_t count = CLIP_LEN - from < 160 ? CLIP_LEN - from : 160;
        size_t taken = 0;
        sample_clip(from, piece, count);
        status = tillsense_begin_audio(&session, input, piece, count, &taken);
        from += taken;
        if (status == TILLSENSE_OK) {
            status = work();
        }
    }
    return status;
}

static tillsense_status take_text(void)
{
    uint32_t input;
    tillsense_status status = find("text", &input);
    if (status == TILLSENSE_OK) {
        status = tillsense_begin_text(&session, input, sample_text, strlen(sample_text));
    }
    return status == TILLSENSE_OK ? work() : status;
}

static tillsense_status take_record(void)
{
    uint32_t input;
    tillsense_status status = find("record", &input);
    if (status == TILLSENSE_OK) {
        status = tillsense_begin_record(&session, input, sample_record, FIELDS);
    }
    return status == TILLSENSE_OK ? work() : status;
}

static tillsense_status show(uint32_t head)
{
    tillsense_text name;
    tillsense_verdict_t verdict;
    tillsense_status status = tillsense_head_name(&session, head, &name);
    if (status == TILLSENSE_OK) {
        status = tillsense_verdict(&session, head, &verdict);
    }
    if (status != TILLSENSE_OK) {
        return status;
    }
    print_bytes(name.at, name.len);
    print(": ");
    print_bytes(verdict.name.at, verdict.name.len);
    print(" (");
    print_number(verdict.score);
    print(verdict.defer ? "/256, ask a person)" : "/256)");
    for (size_t class = 0; class < verdict.classes; class++) {
        print(" ");
        print_number(verdict.scores[class]);
    }
    print("\n");
    return TILLSENSE_OK;
}

static tillsense_status transaction(void)
{
    tillsense_info info;
    tillsense_status status = tillsense_open(&session, model, (size_t)(model_end - model), arena, sizeof arena);
    if (status == TILLSENSE_OK) {
        status = tillsense_info_of(&session, &info);
    }
    if (status == TILLSENSE_OK) {
        status = take_picture();
    }
    if (status == TILLSENSE_OK) {
        status = take_clip();
    }
    if (status == TILLSENSE_OK) {
        status = take_text();
    }
    if (status == TILLSENSE_OK) {
        status = take_record();
    }
    if (status == TILLSENSE_OK) {
        status = tillsense_begin_run(&session);
    }
    if (status == TILLSENSE_OK) {
        status = work();
    }
    for (uint32_t head = 0; status == TILLSENSE_OK && head < info.heads; head++) {
        status = show(head);
    }
    return status;
}

int main(void)
{
    tillsense_status status = transaction();
    if (status != TILLSENSE_OK) {
        char reason[160];
        tillsense_explain(&session, reason, sizeof reason);
        print("refused: ");
        print(reason[0] != '\0' ? reason : tillsense_status_text(status));
        print("\n");
        return 1;
    }
    print("the watchdog was fed ");
    print_number(steps);
    print(" times\n");
    return 0;
}
