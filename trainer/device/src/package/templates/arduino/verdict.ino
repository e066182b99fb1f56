// Written by `tillsense library`: the verdicts of a model on made-up inputs, on the serial port.
#include <tillsense.h>

#include "model.h"
#include "verdict.h"

static void say(const char *line)
{
    Serial.println(line);
}

void setup()
{
    Serial.begin(115200);
    while (!Serial) {
    }
    say_verdicts(model, model_len, say);
}

void loop()
{
}
