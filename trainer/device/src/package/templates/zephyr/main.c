/* Written by `tillsense library`: the verdicts of a model on made-up inputs, on the console. */
#include <zephyr/kernel.h>

#include "verdict.h"

extern const unsigned char model[], model_end[];

static void say(const char *line)
{
    printk("%s\n", line);
}

int main(void)
{
    say_verdicts(model, (size_t)(model_end - model), say);
    return 0;
}
