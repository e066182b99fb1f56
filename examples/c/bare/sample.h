/* One sample of each kind of input, made up by rules that a test on another machine can repeat. */
#ifndef SAMPLE_H
#define SAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include "tillsense.h"

enum { PICTURE_LEN = 72, CLIP_LEN = 1500, FIELDS = 3 };

extern const char sample_text[];
extern const tillsense_value sample_record[FIELDS];

void sample_picture(uint8_t pixels[PICTURE_LEN]);

/* Writes the samples of the clip from number `from` on. */
void sample_clip(size_t from, int16_t *samples, size_t count);

#endif
