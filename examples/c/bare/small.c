/*
 * The least that a program does: open, push the inputs that `tillsense library MODEL` has made up, run, say what the first head answers.
 * `tillsense bench library` measures it.
 */
#include "inputs.h"

#include "board.h"
#include "print.h"

extern const unsigned char model[], model_end[];

static uint8_t arena[ARENA_LEN] __attribute__((aligned(TILLSENSE_ALIGN)));
static tillsense_session session;

int main(void)
{
    tillsense_verdict_t verdict;
    const int8_t *values;
    size_t count;
    tillsense_status status = tillsense_open(&session, model, (size_t)(model_end - model), arena, sizeof arena);
    if (status == TILLSENSE_OK) {
        status = push_inputs(&session);
    }
    if (status == TILLSENSE_OK) {
        status = tillsense_run(&session);
    }
    if (status == TILLSENSE_OK) {
        status = tillsense_verdict(&session, 0, &verdict);
    }
    if (status == TILLSENSE_OK) {
        print_bytes(verdict.name.at, verdict.name.len);
        print(" ");
        print_number(verdict.score);
    } else if (status == TILLSENSE_ERROR_NO_CLASSES) {
        /* The head answers with a tensor. */
        status = tillsense_values(&session, 0, &values, &count);
        for (size_t at = 0; status == TILLSENSE_OK && at < count; at++) {
            print_number(values[at]);
            print(" ");
        }
    }
    if (status != TILLSENSE_OK) {
        print("refused: ");
        print_number(status);
    }
    print("\n");
    return status == TILLSENSE_OK ? 0 : 1;
}
