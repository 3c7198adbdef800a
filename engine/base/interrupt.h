// SPDX-License-Identifier: MIT OR Apache-2.0
/** Whether somebody asked the process to end: set once, by a signal, and seen by whoever would wait
 * for more input. Any thread. */
#pragma once

#include <stdbool.h>

void interrupt_request(void);
bool interrupt_requested(void);
