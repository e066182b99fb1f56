/**
 * @file
 * Tillsense for C: models of sound, pictures, texts, records and plain tensors, computed in fixed point.
 *
 * A program gives a session memory, pushes what a transaction has, in any order, runs, and reads verdicts:
 *
 *     static tillsense_session session;
 *     static uint8_t arena[MODEL_ARENA_LEN] __attribute__((aligned(TILLSENSE_ALIGN)));
 *
 *     tillsense_verdict_t verdict;
 *     tillsense_status status = tillsense_open(&session, file, file_len, arena, sizeof arena);
 *     if (status == TILLSENSE_OK) status = tillsense_push_text(&session, 0, "my card is lost", 15);
 *     if (status == TILLSENSE_OK) status = tillsense_run(&session);
 *     if (status == TILLSENSE_OK) status = tillsense_verdict(&session, 0, &verdict);
 *     if (status != TILLSENSE_OK) report(tillsense_status_text(status));
 *
 * `tillsense bindings --c` writes the numbers, names and sizes of a model.
 *
 * The library has no memory of its own: it allocates nothing, has no variables and calls nothing back. What the caller must hold is
 * said at each function: pointers that are not null point to as much memory as is said, and model file and arena stay as long
 * as a session is open. Different sessions are independent. One session is for one thread at a time; an interrupt that calls
 * while a function works on its session is refused (`TILLSENSE_ERROR_BUSY`) unless both only read it. `tillsense_open` takes
 * whatever lies in the memory, so that it refuses nobody. Numbers of inputs, heads and classes count from 0.
 *
 * Memory: a session takes `sizeof(tillsense_session)` bytes and its arena, the library nothing. On a processor of 32 bits
 * `tillsense_open` and `tillsense_look` take up to 6 KiB of stack, other calls up to 3 KiB, a record of more than 64 values up to 5 KiB.
 *
 * Made by cbindgen of the sources of the package `tillsense-c`; licensed MIT or Apache-2.0.
 */


#ifndef TILLSENSE_H
#define TILLSENSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * The release that this header belongs to: `major << 16 | minor << 8 | patch`. A program compares it with
 * `tillsense_version()` once, so that header and library are of one release.
 */
#define TILLSENSE_VERSION 256

/**
 * The version of the file format that the library reads. It refuses files of another one.
 */
#define TILLSENSE_FORMAT 2

/**
 * The version of the numeric contract that the library computes by. It refuses files of another one.
 */
#define TILLSENSE_CONTRACT 2

/**
 * Words of `tillsense_session`, besides the one of 64 bits.
 */
#define TILLSENSE_SESSION_WORDS 52

/**
 * Model files and arenas must lie at multiples of this many bytes.
 */
#define TILLSENSE_ALIGN 16

/**
 * What a function answers: `TILLSENSE_OK`, or why it refused. A number keeps its meaning in all releases.
 *
 * A function that refuses has changed nothing: what was pushed before stays, and nothing is written to where its answers
 * would go. Only a refused push forgets the answers of the run before it, because its frontend may already have used their
 * memory.
 */
enum tillsense_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * It is done.
   */
  TILLSENSE_OK = 0,
  /**
   * A pointer is null. An array of no elements may be null.
   */
  TILLSENSE_ERROR_NULL_POINTER = 1,
  /**
   * A pointer to a session, an array or a place for an answer is not a multiple of its type's alignment.
   */
  TILLSENSE_ERROR_MISALIGNED_POINTER = 2,
  /**
   * An array has more bytes than memory after its address.
   */
  TILLSENSE_ERROR_LENGTH = 3,
  /**
   * Memory is given for two things: an array or a place for an answer lies in the session or in its arena, or such a place
   * or the arena in the model file.
   */
  TILLSENSE_ERROR_OVERLAP = 4,
  /**
   * No session was opened in this memory, or something wrote over it.
   */
  TILLSENSE_ERROR_NO_SESSION = 5,
  /**
   * The session was closed.
   */
  TILLSENSE_ERROR_CLOSED = 6,
  /**
   * The session was opened at another address and its bytes were copied here.
   */
  TILLSENSE_ERROR_COPIED = 7,
  /**
   * The session is in use: an interrupt or another thread called while a function works on it.
   */
  TILLSENSE_ERROR_BUSY = 8,
  /**
   * The last attempt to open this session was refused.
   */
  TILLSENSE_ERROR_NOT_OPENED = 9,
  /**
   * A name is not UTF-8.
   */
  TILLSENSE_ERROR_NOT_UTF8 = 10,
  /**
   * The kind of a `tillsense_value` is none of `tillsense_kind`.
   */
  TILLSENSE_ERROR_VALUE_KIND = 11,
  /**
   * The model has no input with this number or name.
   */
  TILLSENSE_ERROR_NO_SUCH_INPUT = 12,
  /**
   * The model has no head with this number or name.
   */
  TILLSENSE_ERROR_NO_SUCH_HEAD = 13,
  /**
   * The head has no class with this number.
   */
  TILLSENSE_ERROR_NO_SUCH_CLASS = 14,
  /**
   * The head answers with a tensor, which has no classes.
   */
  TILLSENSE_ERROR_NO_CLASSES = 15,
  /**
   * There is no answer yet: nothing has run since the last push, or since the session was opened or reset.
   */
  TILLSENSE_ERROR_NOT_RUN = 16,
  /**
   * Work of the last push waits: `tillsense_step` or `tillsense_run` does it. Nothing is lost.
   */
  TILLSENSE_ERROR_PENDING = 17,
  /**
   * The model has another interface than the program was compiled for: other inputs, fields, heads or classes.
   */
  TILLSENSE_ERROR_INTERFACE = 18,
  /**
   * The program was compiled with the header of another release than the library. No function of the library answers this; those
   * that `tillsense bindings --c` writes do, before a session is opened.
   */
  TILLSENSE_ERROR_HEADER = 19,
  /**
   * The arena does not lie at a multiple of `TILLSENSE_ALIGN`.
   */
  TILLSENSE_ERROR_ARENA_MISALIGNED = 30,
  /**
   * The arena has fewer bytes than `arena_len` of `tillsense_info` says.
   */
  TILLSENSE_ERROR_ARENA_TOO_SMALL = 31,
  /**
   * The model file does not lie at a multiple of `TILLSENSE_ALIGN`.
   */
  TILLSENSE_ERROR_FILE_MISALIGNED = 40,
  /**
   * It is not a model file of Tillsense.
   */
  TILLSENSE_ERROR_FILE_NOT_A_MODEL = 41,
  /**
   * It has fewer bytes than its header says: it was cut off.
   */
  TILLSENSE_ERROR_FILE_CUT = 42,
  /**
   * It has more bytes than its header says.
   */
  TILLSENSE_ERROR_FILE_TOO_LONG = 43,
  /**
   * It is written in an earlier format than this library reads.
   */
  TILLSENSE_ERROR_FILE_OLDER_FORMAT = 44,
  /**
   * It is written in a later format than this library reads.
   */
  TILLSENSE_ERROR_FILE_NEWER_FORMAT = 45,
  /**
   * It is made for an earlier numeric contract than this library computes by.
   */
  TILLSENSE_ERROR_FILE_OLDER_CONTRACT = 46,
  /**
   * It is made for a later numeric contract than this library computes by.
   */
  TILLSENSE_ERROR_FILE_NEWER_CONTRACT = 47,
  /**
   * It holds what only a later library reads: a signature, a product line, golden vectors.
   */
  TILLSENSE_ERROR_FILE_UNSUPPORTED = 48,
  /**
   * Its bytes are not those that were sealed.
   */
  TILLSENSE_ERROR_FILE_DAMAGED = 49,
  /**
   * A section, its arena or an input is longer than the format allows.
   */
  TILLSENSE_ERROR_FILE_TOO_LARGE = 50,
  /**
   * It was written wrongly: its seal holds, but a record does not check.
   */
  TILLSENSE_ERROR_FILE_INVALID = 51,
  /**
   * It needs a part that this library was built without; `tillsense_left_out` names the part.
   */
  TILLSENSE_ERROR_FILE_PART_LEFT_OUT = 52,
  /**
   * Its weights are packed for another processor.
   */
  TILLSENSE_ERROR_FILE_OTHER_TARGET = 53,
  /**
   * A complete run takes more work than the format allows.
   */
  TILLSENSE_ERROR_FILE_TOO_MUCH_WORK = 54,
  /**
   * The model takes another kind of input there.
   */
  TILLSENSE_ERROR_WRONG_KIND = 70,
  /**
   * The picture does not have as many bytes as rows times columns times channels.
   */
  TILLSENSE_ERROR_IMAGE_SIZE = 71,
  /**
   * The picture is cropped or resized, or a piece holds parts of a pixel: it cannot come in pieces.
   */
  TILLSENSE_ERROR_IMAGE_NOT_IN_PIECES = 72,
  /**
   * The clip has no samples.
   */
  TILLSENSE_ERROR_NO_SAMPLES = 73,
  /**
   * The text has no letter or digit, or nothing that the model reads.
   */
  TILLSENSE_ERROR_TEXT_EMPTY = 74,
  /**
   * The record does not have one value for each field.
   */
  TILLSENSE_ERROR_RECORD_COUNT = 75,
  /**
   * A name where the field wants a number.
   */
  TILLSENSE_ERROR_RECORD_NOT_A_NUMBER = 76,
  /**
   * A number where the field wants a name.
   */
  TILLSENSE_ERROR_RECORD_NOT_A_NAME = 77,
  /**
   * The field knows no such name.
   */
  TILLSENSE_ERROR_RECORD_UNKNOWN_NAME = 78,
  /**
   * Of values that come with the names of their fields, none is for this field.
   */
  TILLSENSE_ERROR_RECORD_NOT_GIVEN = 79,
  /**
   * Of values that come with the names of their fields, two are for this field.
   */
  TILLSENSE_ERROR_RECORD_GIVEN_TWICE = 80,
  /**
   * The record has no field of this name.
   */
  TILLSENSE_ERROR_RECORD_NO_SUCH_FIELD = 81,
  /**
   * The sequence has more records than the model takes.
   */
  TILLSENSE_ERROR_TOO_MANY_RECORDS = 82,
  /**
   * The tensor does not have as many values as rows times columns times channels.
   */
  TILLSENSE_ERROR_TENSOR_SIZE = 83,
  /**
   * A piece does not follow those before it.
   */
  TILLSENSE_ERROR_PIECE_ORDER = 84,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum tillsense_status tillsense_status;
#else
typedef int32_t tillsense_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a value of a record is: the field `kind` of `tillsense_value`.
 */
enum tillsense_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * It is not known. The model has learned what that means where samples of its training lacked the value.
   */
  TILLSENSE_MISSING = 0,
  /**
   * A number, in the field's units times 10^decimals: 12.50 with two decimals is 1250.
   */
  TILLSENSE_NUMBER = 1,
  /**
   * The name of a category.
   */
  TILLSENSE_NAME = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum tillsense_kind tillsense_kind;
#else
typedef int32_t tillsense_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * A text of the model: UTF-8, not NUL-terminated. It lies in the model file (or in the library, where a function says so) and
 * stays valid as long as that does. `printf("%.*s", (int)text.len, text.at)` prints it.
 */
typedef struct tillsense_text {
  /**
   * The first byte.
   */
  const char *at;
  /**
   * Bytes.
   */
  size_t len;
} tillsense_text;

/**
 * What a model says of itself.
 */
typedef struct tillsense_info {
  /**
   * The model's name.
   */
  struct tillsense_text name;
  /**
   * Bytes of arena that a session of this model needs.
   */
  size_t arena_len;
  /**
   * Number of inputs, 1 to 8; they count from 0.
   */
  uint32_t inputs;
  /**
   * Number of heads (the model's answers), 1 to 255; they count from 0.
   */
  uint32_t heads;
  /**
   * Orders the releases of one model: a later one has a higher number.
   */
  uint64_t model_version;
  /**
   * SHA-256 of the file, as its seal states and the library has checked.
   */
  uint8_t digest[32];
  /**
   * The digest of the model's interface, as its header states: inputs, fields, heads and classes. A model that was trained
   * again for the same inputs and answers keeps it. See `tillsense_expect`.
   */
  uint8_t interface_digest[32];
} tillsense_info;

/**
 * The memory of a session. The caller provides it, on the stack or static, and need not initialise it before `tillsense_open`;
 * what lies in it is the library's own. It must stay where it is: a copy of a session is refused. A session needs nothing
 * to be freed.
 */
typedef struct tillsense_session {
  /**
   * Not for the caller.
   */
  uint64_t seal;
  /**
   * Not for the caller.
   */
  size_t opaque[TILLSENSE_SESSION_WORDS];
} tillsense_session;

/**
 * One value of a record.
 */
typedef struct tillsense_value {
  /**
   * One of `tillsense_kind`.
   */
  int32_t kind;
  /**
   * The number of a `TILLSENSE_NUMBER`; else it is not read.
   */
  int32_t number;
  /**
   * The name of a `TILLSENSE_NAME`, UTF-8; else it is not read. It is only read during the call.
   */
  const char *name;
  /**
   * Bytes of the name, without a NUL.
   */
  size_t name_len;
} tillsense_value;

/**
 * One value of a record, with the name of its field.
 */
typedef struct tillsense_named_value {
  /**
   * The name of the field, UTF-8. It is only read during the call.
   */
  const char *field;
  /**
   * Bytes of the field's name, without a NUL.
   */
  size_t field_len;
  /**
   * The value.
   */
  struct tillsense_value value;
} tillsense_named_value;

/**
 * The answer of a head with classes.
 */
typedef struct tillsense_verdict_t {
  /**
   * The number of the best class, from 0; the first of equals.
   */
  uint16_t class_number;
  /**
   * The score of the best class in 1/256: 0 to 255.
   */
  uint8_t score;
  /**
   * Whether the score is below the head's threshold: the terminal should ask a person.
   */
  bool defer;
  /**
   * The score of each class as stored: 128 less than in 1/256, -128 to 127. They lie in the arena and are valid until the next
   * call that changes the session: push, begin, step, run, reset, close, open.
   */
  const int8_t *scores;
  /**
   * Number of classes, 2 to 65,535.
   */
  size_t classes;
  /**
   * The name of the best class, which lies in the model file.
   */
  struct tillsense_text name;
} tillsense_verdict_t;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Says which release the library is.
 *
 * @return `major << 16 | minor << 8 | patch`, as `TILLSENSE_VERSION` of its header.
 */
uint32_t tillsense_version(void);

/**
 * Says what a status means.
 *
 * @return One line of English that ends with a NUL, a constant of the library; `unknown status` for a number that is none.
 */
const char *tillsense_status_text(int32_t status);

/**
 * Checks a model file as `tillsense_open` does, without a session, and says what it is.
 *
 * Every byte of the file is read once; that takes as long as opening.
 *
 * @param file the model file, at a multiple of `TILLSENSE_ALIGN`.
 * @param len bytes of the file, all of them.
 * @param out where the answer goes.
 *
 * @return `TILLSENSE_OK`, or why the file is refused, `TILLSENSE_ERROR_FILE_*`.
 *
 * @pre `file` is null or points to `len` bytes that nobody changes meanwhile, `out` is null or points to a `tillsense_info`. The
 * texts in `out` are valid as long as the file is.
 */
tillsense_status tillsense_look(const void *file,
                                size_t len,
                                struct tillsense_info *out);

/**
 * Opens a session: checks the model file, wipes the arena.
 *
 * Every byte of the file is read once here; later calls read it where it lies. Session, file and arena share no memory.
 *
 * @param session memory for the session, whatever lies in it. An open session may be opened again, with the same model or
 *   another.
 * @param file the model file, in flash or RAM, at a multiple of `TILLSENSE_ALIGN`.
 * @param len bytes of the file, all of them.
 * @param arena memory to compute in, in RAM, at a multiple of `TILLSENSE_ALIGN`.
 * @param arena_len bytes of the arena, at least as many as `tillsense_info` says.
 *
 * @return `TILLSENSE_OK`, or why the file (`TILLSENSE_ERROR_FILE_*`) or the arena (`TILLSENSE_ERROR_ARENA_*`) is refused, of which
 * `tillsense_explain` says more. Then the session is not open.
 *
 * @pre `session` is null or points to a `tillsense_session`, `file` to `len` bytes, `arena` to `arena_len` bytes. The file must stay
 * as it is and the arena must be left alone until the session is closed or opened again, or never used again.
 */
tillsense_status tillsense_open(struct tillsense_session *session,
                                const void *file,
                                size_t len,
                                void *arena,
                                size_t arena_len);

/**
 * Says what the model of a session is.
 *
 * @param out where the answer goes.
 *
 * @pre `session` is null or points to a `tillsense_session`, `out` to a `tillsense_info`. The texts in `out` are valid as long as the
 * file is.
 */
tillsense_status tillsense_info_of(const struct tillsense_session *session,
                                   struct tillsense_info *out);

/**
 * Compares the model's interface with the one that a program was compiled for: 32 bytes, which `tillsense bindings --c` writes.
 *
 * A program asks once, after `tillsense_open`.
 *
 * @return `TILLSENSE_OK` where they are equal, else `TILLSENSE_ERROR_INTERFACE`.
 *
 * @pre `session` is null or points to a `tillsense_session`, `interface_digest` to 32 bytes.
 */
tillsense_status tillsense_expect(const struct tillsense_session *session,
                                  const uint8_t interface_digest[32]);

/**
 * Forgets the transaction: wipes inputs, recurrent state, encodings, answers and work that waits. The session stays open.
 *
 * @pre `session` is null or points to a `tillsense_session`.
 */
tillsense_status tillsense_reset(struct tillsense_session *session);

/**
 * Closes a session: wipes its arena, which is the caller's again. Later calls answer `TILLSENSE_ERROR_CLOSED`.
 *
 * @pre `session` is null or points to a `tillsense_session`.
 */
tillsense_status tillsense_close(struct tillsense_session *session);

/**
 * Takes a picture and runs its encoder.
 *
 * @param input the number of the input.
 * @param pixels rows from the top, pixels from the left, one byte a grey pixel, three a coloured one (red, green, blue).
 * @param len bytes of the picture, exactly as many as the model takes.
 *
 * @pre `session` is null or points to a `tillsense_session`, `pixels` to `len` bytes.
 */
tillsense_status tillsense_push_image(struct tillsense_session *session,
                                      uint32_t input,
                                      const uint8_t *pixels,
                                      size_t len);

/**
 * Takes the next bytes of a picture, in a program that has no room for all of it, and runs its encoder behind the last of them.
 *
 * Only a picture that the model neither crops nor resizes may come in pieces, and whole pixels at a time. A piece from offset 0
 * starts it again. What is half there is forgotten when anything else is pushed, on a run and on a reset; the next piece is then
 * refused with `TILLSENSE_ERROR_PIECE_ORDER`.
 *
 * @param input the number of the input.
 * @param offset where the piece begins: the bytes before it have come.
 * @param bytes the piece.
 * @param len bytes of the piece.
 * @param whole where the answer goes: whether the picture is whole now.
 *
 * @pre `session` is null or points to a `tillsense_session`, `bytes` to `len` bytes, `whole` to a `bool`.
 */
tillsense_status tillsense_push_image_piece(struct tillsense_session *session,
                                            uint32_t input,
                                            size_t offset,
                                            const uint8_t *bytes,
                                            size_t len,
                                            bool *whole);

/**
 * Takes the next samples of a clip, and runs its encoder for each step that they fill. Pieces may have any length. What comes
 * after the model's last step is not heard.
 *
 * @param input the number of the input.
 * @param samples signed samples of 16 bits, of one channel, at the model's rate: 8,000 or 16,000 a second.
 * @param count number of samples, 1 or more.
 *
 * @pre `session` is null or points to a `tillsense_session`, `samples` to `count` samples.
 */
tillsense_status tillsense_push_audio(struct tillsense_session *session,
                                      uint32_t input,
                                      const int16_t *samples,
                                      size_t count);

/**
 * Takes a text and runs its encoder.
 *
 * @param input the number of the input.
 * @param text UTF-8; bytes that are none separate words.
 * @param len bytes of the text, without a NUL.
 *
 * @pre `session` is null or points to a `tillsense_session`, `text` to `len` bytes.
 */
tillsense_status tillsense_push_text(struct tillsense_session *session,
                                     uint32_t input,
                                     const char *text,
                                     size_t len);

/**
 * Takes a record, or the next one of a sequence, and runs its encoder.
 *
 * A single record replaces the one before it. Where a value is refused, `tillsense_explain` names its field. The call takes
 * stack for 16 values, 64 or 255, whichever is enough: 12 bytes each on a processor of 32 bits.
 *
 * @param input the number of the input.
 * @param values one value for each field, in the order of the model's fields.
 * @param count number of values.
 *
 * @pre `session` is null or points to a `tillsense_session`, `values` to `count` values, of which the names point to as many bytes as
 * they say.
 */
tillsense_status tillsense_push_record(struct tillsense_session *session,
                                       uint32_t input,
                                       const struct tillsense_value *values,
                                       size_t count);

/**
 * Takes a record, or the next one of a sequence, of which each value comes with the name of its field, in any order; runs its
 * encoder.
 *
 * Each field is named once; one whose value is not known has `TILLSENSE_MISSING`. The call takes stack for 16 values, 64 or 255,
 * whichever is enough: 20 bytes each on a processor of 32 bits.
 *
 * @param input the number of the input.
 * @param values one value for each field, with its name.
 * @param count number of values.
 *
 * @pre `session` is null or points to a `tillsense_session`, `values` to `count` values, of which the names point to as many bytes as
 * they say.
 */
tillsense_status tillsense_push_named(struct tillsense_session *session,
                                      uint32_t input,
                                      const struct tillsense_named_value *values,
                                      size_t count);

/**
 * Takes a plain tensor and runs its encoder.
 *
 * @param input the number of the input.
 * @param values values as stored, row by row: real value = scale * (stored - zero point).
 * @param count number of values, exactly as many as the model takes.
 *
 * @pre `session` is null or points to a `tillsense_session`, `values` to `count` values.
 */
tillsense_status tillsense_push_tensor(struct tillsense_session *session,
                                       uint32_t input,
                                       const int8_t *values,
                                       size_t count);

/**
 * Takes the next values of a plain tensor, in a program that has no room for all of it, and runs its encoder behind the last of
 * them. The rules are those of `tillsense_push_image_piece`, with values in place of bytes.
 *
 * @param input the number of the input.
 * @param offset the number of the first value of the piece: those before it have come.
 * @param values the piece.
 * @param count number of values of the piece.
 * @param whole where the answer goes: whether the tensor is whole now.
 *
 * @pre `session` is null or points to a `tillsense_session`, `values` to `count` values, `whole` to a `bool`.
 */
tillsense_status tillsense_push_tensor_piece(struct tillsense_session *session,
                                             uint32_t input,
                                             size_t offset,
                                             const int8_t *values,
                                             size_t count,
                                             bool *whole);

/**
 * Takes a picture, as `tillsense_push_image`; its encoder waits for `tillsense_step`. Until that has nothing left to do, other
 * inputs are refused with `TILLSENSE_ERROR_PENDING`; so it is with all `begin` functions.
 *
 * @pre `session` is null or points to a `tillsense_session`, `pixels` to `len` bytes.
 */
tillsense_status tillsense_begin_image(struct tillsense_session *session,
                                       uint32_t input,
                                       const uint8_t *pixels,
                                       size_t len);

/**
 * Takes the next bytes of a picture, as `tillsense_push_image_piece`; its encoder waits behind the last of them.
 *
 * @pre `session` is null or points to a `tillsense_session`, `bytes` to `len` bytes, `whole` to a `bool`.
 */
tillsense_status tillsense_begin_image_piece(struct tillsense_session *session,
                                             uint32_t input,
                                             size_t offset,
                                             const uint8_t *bytes,
                                             size_t len,
                                             bool *whole);

/**
 * Takes the next samples of a clip, up to those that make a step of its encoder whole. Where they do, the encoder waits; the
 * samples that were not taken are pushed again when it is done.
 *
 * @param input the number of the input.
 * @param samples as in `tillsense_push_audio`.
 * @param count number of samples, 1 or more.
 * @param taken where the answer goes: how many were taken, 1 or more.
 *
 * @pre `session` is null or points to a `tillsense_session`, `samples` to `count` samples, `taken` to a `size_t`.
 */
tillsense_status tillsense_begin_audio(struct tillsense_session *session,
                                       uint32_t input,
                                       const int16_t *samples,
                                       size_t count,
                                       size_t *taken);

/**
 * Takes a text, as `tillsense_push_text`; its encoder waits.
 *
 * @pre `session` is null or points to a `tillsense_session`, `text` to `len` bytes.
 */
tillsense_status tillsense_begin_text(struct tillsense_session *session,
                                      uint32_t input,
                                      const char *text,
                                      size_t len);

/**
 * Takes a record, or the next one of a sequence, as `tillsense_push_record`; its encoder waits.
 *
 * @pre `session` is null or points to a `tillsense_session`, `values` to `count` values, of which the names point to as many bytes as
 * they say.
 */
tillsense_status tillsense_begin_record(struct tillsense_session *session,
                                        uint32_t input,
                                        const struct tillsense_value *values,
                                        size_t count);

/**
 * Takes a record whose values come with the names of their fields, as `tillsense_push_named`; its encoder waits.
 *
 * @pre `session` is null or points to a `tillsense_session`, `values` to `count` values, of which the names point to as many bytes as
 * they say.
 */
tillsense_status tillsense_begin_named(struct tillsense_session *session,
                                       uint32_t input,
                                       const struct tillsense_named_value *values,
                                       size_t count);

/**
 * Takes a plain tensor, as `tillsense_push_tensor`; its encoder waits.
 *
 * @pre `session` is null or points to a `tillsense_session`, `values` to `count` values.
 */
tillsense_status tillsense_begin_tensor(struct tillsense_session *session,
                                        uint32_t input,
                                        const int8_t *values,
                                        size_t count);

/**
 * Takes the next values of a plain tensor, as `tillsense_push_tensor_piece`; its encoder waits behind the last of them.
 *
 * @pre `session` is null or points to a `tillsense_session`, `values` to `count` values, `whole` to a `bool`.
 */
tillsense_status tillsense_begin_tensor_piece(struct tillsense_session *session,
                                              uint32_t input,
                                              size_t offset,
                                              const int8_t *values,
                                              size_t count,
                                              bool *whole);

/**
 * Fuses what was pushed, with the learned encoding of absence for what was not, and scores all heads. Work that waits is done
 * first.
 *
 * @pre `session` is null or points to a `tillsense_session`.
 */
tillsense_status tillsense_run(struct tillsense_session *session);

/**
 * Begins a run, as `tillsense_run`; `tillsense_step` does it. Work that waits is done first; a run that waits begins anew.
 *
 * @pre `session` is null or points to a `tillsense_session`.
 */
tillsense_status tillsense_begin_run(struct tillsense_session *session);

/**
 * Does a part of the work that waits: so many of the model's ops at most.
 *
 * Between two steps a main loop keeps its watchdog and its keypad. However large an op is, a step does not divide it. Where
 * nothing waits there is nothing to do, and that is no error.
 *
 * @param ops the most ops to run, 1 or more; with 0 the call only tells whether any wait.
 * @param pending where the answer goes: whether work still waits. Until it does not, no input is taken and nothing is answered.
 *
 * @pre `session` is null or points to a `tillsense_session`, `pending` to a `bool`.
 */
tillsense_status tillsense_step(struct tillsense_session *session,
                                uint32_t ops,
                                bool *pending);

/**
 * Does a part of the work that waits: one op, and more while they come to no more than this work together.
 *
 * @param work how much, in steps, of which each stands for a few instructions: a product of a layer, or what takes as long.
 * @param pending where the answer goes, as in `tillsense_step`.
 *
 * @pre `session` is null or points to a `tillsense_session`, `pending` to a `bool`.
 */
tillsense_status tillsense_step_within(struct tillsense_session *session,
                                       uint64_t work,
                                       bool *pending);

/**
 * Says which class a head answers with.
 *
 * @param head the number of the head.
 * @param out where the answer goes.
 *
 * @pre `session` is null or points to a `tillsense_session`, `out` to a `tillsense_verdict_t`.
 */
tillsense_status tillsense_verdict(const struct tillsense_session *session,
                                   uint32_t head,
                                   struct tillsense_verdict_t *out);

/**
 * Says where the values lie that a head answered with: those of its tensor row by row, or the score of each class. They lie in
 * the arena and are valid until the next call that changes the session.
 *
 * @param head the number of the head.
 * @param values where the address of the first value goes.
 * @param count where the number of values goes.
 *
 * @pre `session` is null or points to a `tillsense_session`, `values` to a pointer, `count` to a `size_t`.
 */
tillsense_status tillsense_values(const struct tillsense_session *session,
                                  uint32_t head,
                                  const int8_t **values,
                                  size_t *count);

/**
 * Says what an input is called.
 *
 * @pre `session` is null or points to a `tillsense_session`, `name` to a `tillsense_text`.
 */
tillsense_status tillsense_input_name(const struct tillsense_session *session,
                                      uint32_t input,
                                      struct tillsense_text *name);

/**
 * Says what a head is called.
 *
 * @pre `session` is null or points to a `tillsense_session`, `name` to a `tillsense_text`.
 */
tillsense_status tillsense_head_name(const struct tillsense_session *session,
                                     uint32_t head,
                                     struct tillsense_text *name);

/**
 * Says what a class of a head is called.
 *
 * @pre `session` is null or points to a `tillsense_session`, `name` to a `tillsense_text`.
 */
tillsense_status tillsense_class_name(const struct tillsense_session *session,
                                      uint32_t head,
                                      uint16_t class_number,
                                      struct tillsense_text *name);

/**
 * Says which number the input with this name has: `len` bytes of UTF-8 without a NUL.
 *
 * @pre `session` is null or points to a `tillsense_session`, `name` to `len` bytes, `input` to a `uint32_t`.
 */
tillsense_status tillsense_find_input(const struct tillsense_session *session,
                                      const char *name,
                                      size_t len,
                                      uint32_t *input);

/**
 * Says which number the head with this name has: `len` bytes of UTF-8 without a NUL.
 *
 * @pre `session` is null or points to a `tillsense_session`, `name` to `len` bytes, `head` to a `uint32_t`.
 */
tillsense_status tillsense_find_head(const struct tillsense_session *session,
                                     const char *name,
                                     size_t len,
                                     uint32_t *head);

/**
 * Says in one line of English why the last call that would have changed this session was refused, or why it could not be
 * opened. The line names the input and the field, the bytes that are needed or the part to build in, where there is one, and
 * what mends it. Of a call that was done, and of calls that only read (`tillsense_verdict`, `tillsense_expect`, names), it says
 * nothing: a program that has a status at hand says this line where it has bytes, else `tillsense_status_text`.
 *
 * Only a program that calls this function holds these texts and what formats them.
 *
 * @param buffer where the line goes. It is cut where it does not fit, between two characters, and ends with a NUL.
 * @param len bytes of the buffer. With 0 nothing is written and `buffer` may be null.
 *
 * @return The bytes of the whole line without the NUL, as `snprintf` does: the line was cut unless that is below `len`. Where that call
 * was not refused, or closed the session, the line is empty, and so it is where none was opened. 0, and nothing is written,
 * where `buffer` is null or lies in the session, its arena or its model file.
 *
 * @pre `session` is null or points to a `tillsense_session`, `buffer` to `len` bytes.
 */
size_t tillsense_explain(const struct tillsense_session *session,
                         char *buffer,
                         size_t len);

/**
 * Says which part the model needs and this library was built without, where a refusal with
 * `TILLSENSE_ERROR_FILE_PART_LEFT_OUT` was the session's last; else a text of no bytes.
 *
 * The part's name is that of a Cargo feature of the package `tillsense-c`. The text is a constant of the library.
 *
 * @pre `session` is null or points to a `tillsense_session`, `part` to a `tillsense_text`.
 */
tillsense_status tillsense_left_out(const struct tillsense_session *session,
                                    struct tillsense_text *part);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* TILLSENSE_H */
