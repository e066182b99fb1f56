/* Pushes every kind of input by name, at once and step by step, and prints scores. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kinds.h"

static uint64_t file[1 << 13][2];
static uint64_t other[1 << 13][2];
static uint64_t arena[TOY_ARENA_LEN / 16 + 1][2];

static void wants(tillsense_status status, tillsense_status wanted)
{
    if (status != wanted) {
        printf("%s, and not %s\n", tillsense_status_text(status), tillsense_status_text(wanted));
        exit(1);
    }
}

static void well(tillsense_status status)
{
    wants(status, TILLSENSE_OK);
}

static void must(bool holds, const char *what)
{
    if (!holds) {
        printf("%s does not hold\n", what);
        exit(1);
    }
}

static void work(tillsense_session *session)
{
    bool pending = true;
    while (pending) {
        well(tillsense_step(session, 1, &pending));
    }
}

static uint8_t pixels[TOY_IMAGE_LEN];
static int16_t samples[3000];
static toy_record client;
static toy_type months[2];

static void make(void)
{
    int i;
    for (i = 0; i < (int)TOY_IMAGE_LEN; i++) {
        pixels[i] = (uint8_t)(i * 7);
    }
    for (i = 0; i < 3000; i++) {
        samples[i] = (int16_t)((i * 37) % 2000 - 1000);
    }
    client.plain = toy_known(12);
    client.kind = TOY_RECORD_KIND_NEW;
    months[0].gaps = toy_known(-250);
    months[0].kind = TOY_TYPE_KIND_ANOTHER;
    months[1].plain = toy_known(-7);
    months[1].gaps = toy_known(99);
}

static const char text[] = "my card has not arrived";

static void at_once(tillsense_session *session)
{
    well(toy_push_image(session, pixels));
    well(toy_push_audio(session, samples, 3000));
    well(toy_push_text(session, text, strlen(text)));
    well(toy_push_record(session, &client));
    well(toy_push_type(session, &months[0]));
    well(toy_push_type(session, &months[1]));
    well(tillsense_run(session));
}

static void step_by_step(tillsense_session *session)
{
    size_t at, taken;
    well(tillsense_reset(session));
    for (at = 0; at < 3000; at += taken) {
        well(toy_begin_audio(session, samples + at, 3000 - at, &taken));
        work(session);
    }
    well(toy_begin_type(session, &months[0]));
    wants(toy_push_type(session, &months[1]), TILLSENSE_ERROR_PENDING);
    work(session);
    well(toy_begin_type(session, &months[1]));
    work(session);
    well(toy_begin_record(session, &client));
    work(session);
    well(toy_begin_text(session, text, strlen(text)));
    work(session);
    well(toy_begin_image(session, pixels));
    work(session);
    well(tillsense_begin_run(session));
    work(session);
}

static void print(const tillsense_session *session)
{
    uint32_t head;
    toy_a_verdict a;
    toy_run_verdict run;
    tillsense_verdict_t plain;
    for (head = 0; head < 2; head++) {
        const int8_t *scores;
        size_t i, len;
        well(tillsense_values(session, head, &scores, &len));
        for (i = 0; i < len; i++) {
            printf("%s%d", i > 0 ? ", " : "[", scores[i]);
        }
        printf("]\n");
    }
    well(toy_read_a(session, &a));
    well(toy_read_run(session, &run));
    well(tillsense_verdict(session, TOY_HEAD_A, &plain));
    must(a.class_number == (toy_a)plain.class_number && a.score == plain.score && a.defer == plain.defer, "the verdict");
    must(strlen(toy_a_name(a.class_number)) == plain.name.len, "the length of the name");
    must(memcmp(toy_a_name(a.class_number), plain.name.at, plain.name.len) == 0, "the name");
    must(toy_run_name(run.class_number)[0] == 'c', "the name of another class");
}

int main(void)
{
    static tillsense_session session;
    FILE *from = fopen("model.till", "rb");
    size_t len = from == NULL ? 0 : fread(file, 1, sizeof(file), from);
    FILE *from_other = fopen("other.till", "rb");
    size_t other_len = from_other == NULL ? 0 : fread(other, 1, sizeof(other), from_other);
    must(strcmp(toy_a_name(TOY_A_BELOW_30), "<30") == 0, "a name");
    must(strcmp(toy_a_name(TOY_A_TRUE), "true") == 0, "a word of C");
    must(strcmp(toy_a_name(TOY_A_U434U430), "\320\264\320\260") == 0, "a name of another script");
    must(toy_a_name((toy_a)7)[0] == 0, "no name");

    wants(toy_open(&session, other, other_len, arena, sizeof(arena)), TILLSENSE_ERROR_INTERFACE);
    wants(toy_push_record(&session, &client), TILLSENSE_ERROR_CLOSED);
    well(toy_open(&session, file, len, arena, sizeof(arena)));
    wants(toy_push_record(&session, NULL), TILLSENSE_ERROR_NULL_POINTER);
    wants(toy_read_a(&session, NULL), TILLSENSE_ERROR_NULL_POINTER);
    make();
    at_once(&session);
    print(&session);
    step_by_step(&session);
    print(&session);
    return 0;
}
