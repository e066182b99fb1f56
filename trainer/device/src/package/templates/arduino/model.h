/* Written by `tillsense library`: the model @NAME@, at a multiple of 16. */
#ifndef MODEL_H
#define MODEL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

extern const uint8_t model[];
extern const size_t model_len;

#ifdef __cplusplus
}
#endif

#endif
