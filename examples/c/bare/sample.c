#include "sample.h"

const char sample_text[] = "my card was charged twice";

const tillsense_value sample_record[FIELDS] = {
    {TILLSENSE_NUMBER, -20, NULL, 0},
    {TILLSENSE_MISSING, 0, NULL, 0},
    {TILLSENSE_NAME, 0, "old", 3},
};

void sample_picture(uint8_t pixels[PICTURE_LEN])
{
    for (size_t at = 0; at < PICTURE_LEN; at++) {
        pixels[at] = (uint8_t)(at * 37);
    }
}

void sample_clip(size_t from, int16_t *samples, size_t count)
{
    for (size_t at = 0; at < count; at++) {
        int32_t n = (int32_t)(from + at);
        samples[at] = (int16_t)(n * n * 7 % 20011 - 10005);
    }
}
