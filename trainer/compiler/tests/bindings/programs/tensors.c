/* Pushes tensors by name and prints those that come back. */
#include <stdio.h>
#include <stdlib.h>

#include "tensors.h"

static uint64_t file[1 << 12][2];
static uint64_t arena[SEVERAL_ARENA_LEN / 16 + 1][2];

static void fill(int8_t *values, unsigned len)
{
    unsigned i;
    for (i = 0; i < len; i++) {
        values[i] = (int8_t)(uint8_t)(i * 11);
    }
}

static void wants(tillsense_status status)
{
    if (status != TILLSENSE_OK) {
        printf("%s\n", tillsense_status_text(status));
        exit(1);
    }
}

static void print(const int8_t *values, unsigned len)
{
    unsigned i;
    for (i = 0; i < len; i++) {
        printf("%s%d", i > 0 ? ", " : "[", values[i]);
    }
    printf("]\n");
}

int main(void)
{
    static tillsense_session session;
    static int8_t x0[SEVERAL_X0_LEN], x1[SEVERAL_X1_LEN], x2[SEVERAL_X2_LEN];
    const int8_t *values;
    FILE *from = fopen("tensors.till", "rb");
    size_t len = from == NULL ? 0 : fread(file, 1, sizeof(file), from);
    wants(several_open(&session, file, len, arena, sizeof(arena)));
    fill(x0, SEVERAL_X0_LEN);
    fill(x1, SEVERAL_X1_LEN);
    fill(x2, SEVERAL_X2_LEN);
    wants(several_push_x1(&session, x1));
    wants(several_push_x0(&session, x0));
    wants(several_push_x2(&session, x2));
    wants(tillsense_run(&session));
    wants(several_read_output0(&session, &values));
    print(values, SEVERAL_OUTPUT0_LEN);
    wants(several_read_identity_1(&session, &values));
    print(values, SEVERAL_IDENTITY_1_LEN);
    wants(several_read_identity_2(&session, &values));
    print(values, SEVERAL_IDENTITY_2_LEN);
    return 0;
}
