/* world_state.h - shared by the files of the virtual world. */
#ifndef WEFT_TESTS_SUPPORT_WORLD_STATE_H
#define WEFT_TESTS_SUPPORT_WORLD_STATE_H

#include <stddef.h>

extern size_t world_request_count;

#endif
