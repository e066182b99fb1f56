/* Written by `tillsense library`: the verdicts of a model on made-up inputs, on the console. */
#include <stdio.h>

#include "verdict.h"

extern const unsigned char model[], model_end[];

static void say(const char *line)
{
    puts(line);
}

void app_main(void)
{
    say_verdicts(model, (size_t)(model_end - model), say);
}
